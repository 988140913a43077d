import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { Search } from "../../../packages/search";

export const searchesPerSecond = 5;
export const storesPerSecond = 18;
/** How many hits a search asks for. */
export const k = 10;

export interface Given {
  readonly sentence: string;
  readonly embedding: number[];
}

export async function connected<T>(dsn: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: dsn });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Some of the embeddings, by their place. */
export function given(dsn: string, from: number, count: number): Promise<Given[]> {
  return connected(dsn, async (client) => {
    const { rows } = await client.query<{ sentence: string; embedding: string }>(
      "select sentence, embedding::text from given where id >= $1 order by id limit $2",
      [from, count],
    );
    return rows.map(({ sentence, embedding }) => ({
      sentence,
      embedding: JSON.parse(embedding) as number[],
    }));
  });
}

/** For connections that are made from now on. */
export function setCandidates(dsn: string, candidates: number): Promise<unknown> {
  return connected(dsn, async (client) => {
    // Until the extension is in the session its parameters are a superuser's.
    await client.query("select '[1]'::vector");
    await client.query(`alter role agent set hnsw.ef_search = ${Math.floor(candidates)}`);
  });
}

/**
 * Begins each search and each store when its time has come, whether the last one has ended or not.
 * @param history messages that come with each hit, beside the metadata
 */
export async function underLoad(
  dsn: string,
  history: number,
  seconds: number,
  questions: readonly Given[],
  newcomers: readonly Given[],
) {
  const search = new Search({ dsn, timeout: 30_000 });
  const ask = (i: number) => {
    const { embedding } = questions[i % questions.length] ?? questions[0] ?? { embedding: [] };
    return search.search({ embedding, k, history });
  };
  try {
    // Connections are open and the index is in the cache, as with a program that runs.
    for (let i = 0; i < 20; i += 1) await ask(i);
    const [searches, stores] = await Promise.all([
      paced(searchesPerSecond, seconds, ask),
      paced(storesPerSecond, seconds, (i) => store(search, newcomers[i])),
    ]);
    return { searches, stores };
  } finally {
    await search.close();
  }
}

async function store(search: Search, newcomer: Given | undefined): Promise<void> {
  if (newcomer === undefined) throw new Error("There are too few embeddings that may arrive.");
  const correlationId = randomUUID();
  const { sentence: content, embedding } = newcomer;
  await search.store({
    documents: [{ id: randomUUID(), correlationId, content, embedding }],
    messages: [{ correlationId, position: 0, role: "user", content }],
    metadata: [{ correlationId, attributes: { channel: "bench" } }],
  });
}

/** @returns how long each took from the moment when it should have begun, milliseconds */
async function paced(
  perSecond: number,
  seconds: number,
  work: (i: number) => Promise<unknown>,
): Promise<number[]> {
  const began = performance.now();
  return Promise.all(
    Array.from({ length: perSecond * seconds }, async (_, i) => {
      const due = began + (i * 1000) / perSecond;
      await sleep(Math.max(0, due - performance.now()));
      await work(i);
      return performance.now() - due;
    }),
  );
}
