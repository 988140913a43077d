import { jetstreamManager, type JetStreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { z } from "zod";
import { Unreachable } from "../../../packages/errors";
import { connectionSchema } from "../../../remote/connection-args";
import { reachable } from "../../../remote/reachable";
import { recentFailure } from "../../../remote/ssh";
import type { Handler } from "../../handler";
import { consumerOf, consumerOutOf, differing, resultStream, taskStream, type Fields } from "./wanted";

const inputs = z.strictObject({
  connection: connectionSchema,
  server: z.string().min(1),
  user: z.string().min(1),
  password: z.string().min(1),
  stream: z.string().min(1),
  pools: z.record(
    z.string().min(1),
    z.strictObject({ turns: z.int().min(1), aliveSeconds: z.int().min(1), tries: z.int().min(1) }),
  ),
});
export type QueuesInputs = z.infer<typeof inputs>;

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

interface Difference {
  readonly says: string;
  readonly mend: () => Promise<unknown>;
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

const why = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** homelab:nats:Queues */
export const queues: Handler<QueuesInputs> = {
  type: "homelab:nats:Queues",
  inputs,
  replaceOn: ["server", "stream"],
  id: ({ connection, stream }) => `${connection.node}/${stream}`,

  async drift(given, { signal }) {
    const failure = recentFailure(given.connection);
    if (failure instanceof Unreachable) throw failure;
    try {
      return await within(given, async (js) => (await look(js, given)).map(({ says }) => says));
    } catch (error) {
      signal.throwIfAborted();
      const { node, host, port } = given.connection;
      const sentence = `The queues on ${node} cannot be compared at ${given.server}: ${why(error)}`;
      if (!(await reachable(host, port))) throw new Unreachable(sentence);
      return [sentence];
    }
  },

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
