/** What is declared of the queues, in JetStream's own words. @see https://docs.nats.io/nats-concepts/jetstream/streams */
export type Fields = Readonly<Record<string, unknown>>;

const seconds = (count: number) => count * 1e9;

/** Tasks: each stays until it is acknowledged, and a new one is refused rather than an old one lost. */
export const taskStream = (name: string) => ({
  name,
  subjects: ["agents.task.>"],
  retention: "workqueue",
  storage: "file",
  discard: "new",
  max_msgs: 100_000,
  duplicate_window: seconds(600),
});

/** What became of them, for a month. */
export const resultStream = (name: string) => ({
  name: `${name}_DONE`,
  subjects: ["agents.done.>", "agents.failed.>"],
  retention: "limits",
  storage: "file",
  discard: "old",
  max_age: seconds(30 * 86_400),
  max_bytes: 1e9,
  duplicate_window: seconds(600),
});

/** Subjects of a pool's tasks. */
export const consumerOutOf = (pool: string) => `agents.task.${pool}.>`;

/** A pool's turns: as many tasks are given out at once, and one that shows no sign of life is given out again. */
export const consumerOf = (
  pool: string,
  {
    turns,
    aliveSeconds,
    tries,
  }: { readonly turns: number; readonly aliveSeconds: number; readonly tries: number },
) => ({
  durable_name: pool,
  filter_subject: consumerOutOf(pool),
  ack_policy: "explicit",
  max_ack_pending: turns,
  ack_wait: seconds(aliveSeconds),
  max_deliver: tries,
});

/** Keys whose live value is another one. */
export const differing = (wanted: Fields, live: Fields): string[] =>
  Object.keys(wanted).filter((key) => JSON.stringify(wanted[key]) !== JSON.stringify(live[key]));
