import { randomUUID } from "node:crypto";
import type { ClientBase } from "pg";
import type { VectorCopy } from "./qdrant";
import { copyLock, settledRevision } from "./schema";

/** Collections of this program's own in Qdrant begin with it; each rebuild makes one that never was. */
const prefix = "homelab-search-";
const batch = 500;

export interface Copied {
  readonly collection: string;
  /** Documents that were sent. */
  readonly sent: number;
  /** Points that the copy has now. */
  readonly points: number;
  readonly watermark: number;
}

export type Progress = (sent: number, of: number) => void;

/**
 * Makes the copy anew from PostgreSQL, beside the one that is asked meanwhile; then takes all others away. May be
 * stopped anywhere: what it leaves is taken away by the next.
 */
export function rebuild(client: ClientBase, copy: VectorCopy, progress: Progress): Promise<Copied> {
  return alone(client, async () => {
    const collection = `${prefix}${randomUUID()}`;
    await copy.create(collection);
    const copied = await bringUpToDate(client, copy, collection, 0, progress);
    await client.query("delete from search.copies where collection <> $1", [collection]);
    for (const other of await copy.collections()) {
      if (other.startsWith(prefix) && other !== collection) await copy.remove(other);
    }
    return copied;
  });
}

/**
 * Sends what changed since the last time; makes the copy anew when there is none. Documents that were deleted stay in
 * the copy, where they only cost room, until it is recreated.
 */
export async function sync(client: ClientBase, copy: VectorCopy, progress: Progress): Promise<Copied> {
  const [known] = await rows<{ collection: string; watermark: number }>(
    client,
    "select collection, watermark::float8 from search.copies order by synced_at desc limit 1",
  );
  if (known === undefined || !(await copy.collections()).includes(known.collection)) {
    return rebuild(client, copy, progress);
  }
  return alone(client, () => bringUpToDate(client, copy, known.collection, known.watermark, progress));
}

async function bringUpToDate(
  client: ClientBase,
  copy: VectorCopy,
  collection: string,
  from: number,
  progress: Progress,
): Promise<Copied> {
  const watermark = await settledRevision(client);
  const [of] = await rows<{ count: number }>(
    client,
    "select count(*)::float8 from search.documents where revision > $1 and revision <= $2",
    [from, watermark],
  );
  let sent = 0;
  for (let last = from; ;) {
    const next = await rows<{ id: string; revision: number; embedding: string }>(
      client,
      `select id, revision::float8, embedding::text from search.documents
       where revision > $1 and revision <= $2 order by revision limit ${batch}`,
      [last, watermark],
    );
    const end = next.at(-1);
    if (end === undefined) break;
    await copy.upsert(
      collection,
      next.map(({ id, embedding }) => ({ id, embedding: JSON.parse(embedding) as number[] })),
    );
    last = end.revision;
    sent += next.length;
    progress(sent, of?.count ?? sent);
  }
  const points = await copy.count(collection);
  // Last, when all is there: a watermark that is too low costs time, one that is too high costs hits.
  await client.query(
    `insert into search.copies (collection, watermark, points) values ($1, $2, $3)
     on conflict (collection) do update set watermark = $2, points = $3, synced_at = now()`,
    [collection, watermark, points],
  );
  return { collection, sent, points, watermark };
}

/** @throws Error when somebody else is at work on the copy */
async function alone<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  const [got] = await rows<{ free: boolean }>(client, "select pg_try_advisory_lock($1) as free", [copyLock]);
  if (got?.free !== true) throw new Error("Somebody else is bringing the copy up to date: try again later.");
  try {
    return await work();
  } finally {
    await client.query("select pg_advisory_unlock($1)", [copyLock]).catch(() => undefined);
  }
}

async function rows<R>(client: ClientBase, text: string, values: unknown[] = []): Promise<R[]> {
  return (await client.query(text, values)).rows as R[];
}
