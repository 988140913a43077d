import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { z } from "zod";
import { errorMessage } from "../../../packages/errors";
import { connectionSchema } from "../../../remote/connection-args";
import type { Handler } from "../../handler";
import { seen, type Difference } from "../differences";
import { consumerOf, consumerOutOf, differing, resultStream, taskStream, type Fields } from "./wanted";

/** The inputs of homelab:nats:Queues. */
export const queuesSchema = z.strictObject({
  /** Of the node that NATS runs on: whether that is on tells a NATS that does not answer from a node that is off. */
  connection: connectionSchema,
  /** Address and port of NATS, as reached from where Pulumi runs. */
  server: z.string().min(1),
  /** A user who may use JetStream's API. */
  user: z.string().min(1),
  /** That user's password: a secret. */
  password: z.string().min(1),
  /** Name of the stream of tasks; that of results has `_DONE` behind it. */
  stream: z.string().min(1),
  /** Pools of agents by name. */
  pools: z.record(
    z.string().min(1),
    z.strictObject({
      /** So many tasks are given out at once. */
      turns: z.int().min(1),
      /** Without a sign of life for so many seconds, a task is given out again. */
      aliveSeconds: z.int().min(1),
      /** So often a task is given out, all in all. */
      tries: z.int().min(1),
    }),
  ),
});
export type QueuesInputs = z.infer<typeof queuesSchema>;

/** A house's NATS answers within milliseconds; one that was just started within seconds. */
const patienceMs = 15_000;

async function within<T>(
  { server, user, password: pass }: QueuesInputs,
  work: (js: JetStreamManager) => Promise<T>,
) {
  const nats = await connect({
    ...{ servers: server, user, pass, name: "homelab", inboxPrefix: `_INBOX_${user}` },
    ...{ timeout: patienceMs, reconnect: false },
  });
  try {
    return await work(await jetstreamManager(nats, { timeout: patienceMs }));
  } finally {
    await nats.close();
  }
}

/** What is missing is no error: it is to be made. */
async function orMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && /not found/i.test(error.message)) return undefined;
    throw error;
  }
}

async function streamDifferences(
  js: JetStreamManager,
  wanted: Fields & { name: string },
): Promise<Difference[]> {
  const found = await orMissing(js.streams.info(wanted.name));
  const { name } = wanted;
  if (found === undefined)
    return [{ says: `The stream ${name} is missing.`, mend: () => js.streams.add(wanted) }];
  const keys = differing(wanted, found.config);
  if (keys.length === 0) return [];
  return [
    {
      says: `The stream ${name} is not as declared: ${keys.join(", ")}.`,
      // What is in it stays; what cannot be changed (how it keeps) is refused by the server.
      mend: () => js.streams.update(name, wanted as never),
    },
  ];
}

async function consumerDifferences(js: JetStreamManager, given: QueuesInputs): Promise<Difference[]> {
  const { stream, pools } = given;
  const found = await Promise.all(
    Object.entries(pools).map(
      async ([pool, own]) => [pool, own, await orMissing(js.consumers.info(stream, pool))] as const,
    ),
  );
  return found.flatMap(([pool, own, live]): Difference[] => {
    const wanted = consumerOf(pool, own);
    if (live === undefined)
      return [
        { says: `The queue of ${pool} is missing.`, mend: () => js.consumers.add(stream, wanted as never) },
      ];
    const keys = differing(wanted, live.config);
    return keys.length === 0
      ? []
      : [
          {
            says: `The queue of ${pool} is not as declared: ${keys.join(", ")}.`,
            mend: () => js.consumers.update(stream, pool, wanted),
          },
        ];
  });
}

const look = async (js: JetStreamManager, given: QueuesInputs): Promise<Difference[]> => [
  ...(await streamDifferences(js, taskStream(given.stream))),
  ...(await streamDifferences(js, resultStream(given.stream))),
  ...(await consumerDifferences(js, given)),
];

/** homelab:nats:Queues */
export const queues: Handler<QueuesInputs> = {
  type: "homelab:nats:Queues",
  inputs: queuesSchema,
  replaceOn: ["server", "stream"],
  id: ({ connection, stream }) => `${connection.node}/${stream}`,

  drift: (given, ctx) =>
    seen(
      given.connection,
      ctx,
      () => within(given, (js) => look(js, given)),
      (error) =>
        `The queues on ${given.connection.node} cannot be compared at ${given.server}: ${errorMessage(error)}`,
    ),

  async apply(given, { log }, previous) {
    await within(given, async (js) => {
      // Streams before the queues in them.
      for (const wanted of [taskStream(given.stream), resultStream(given.stream)])
        for (const { mend } of await streamDifferences(js, wanted)) await mend();
      for (const { mend } of await consumerDifferences(js, given)) await mend();
      const gone = Object.keys(previous?.pools ?? {}).filter((pool) => !(pool in given.pools));
      for (const pool of gone) {
        const left = await orMissing(js.consumers.info(given.stream, pool));
        if (left === undefined) continue;
        await js.consumers.delete(given.stream, pool);
        if (left.num_pending + left.num_ack_pending > 0)
          log.warn(
            `The pool ${pool} is gone; ${left.num_pending + left.num_ack_pending} of its tasks stay in the stream ${given.stream}, below ${consumerOutOf(pool)}.`,
          );
      }
    });
    return {};
  },

  remove({ stream, connection }, { log }) {
    log.info(
      `The streams ${stream} and ${stream}_DONE stay on ${connection.node}, with all that is in them.`,
    );
    return Promise.resolve();
  },
};
