import { performance } from "node:perf_hooks";
import { Client } from "pg";
import { migrate } from "../../../packages/search";

/** How many of the given embeddings are kept back to be asked for. */
export const asked = 200;

/** Fills search's schema from the table `given`: all but what is asked for and what arrives later. @returns seconds of the index build */
export async function load(dsn: string, arriving: number): Promise<{ stored: number; indexSeconds: number }> {
  const client = new Client({ connectionString: dsn });
  await client.connect();
  try {
    await migrate(client);
    await client.query("drop index search.documents_by_meaning");
    const { rows } = await client.query<{ count: number }>("select count(*)::int as count from given");
    const stored = (rows[0]?.count ?? 0) - asked - arriving;
    if (stored < 1000) throw new Error(`${stored} documents are too few to search in: give more rows.`);
    // Five documents and six messages for each conversation.
    await client.query(
      `insert into search.documents (id, correlation_id, content, embedding)
       select md5('document ' || id)::uuid, md5('conversation ' || id / 5)::uuid, sentence, embedding
       from given where id <= $1 order by id`,
      [stored],
    );
    await client.query(
      `insert into search.metadata
       select md5('conversation ' || c)::uuid, jsonb_build_object('channel', 'bench', 'number', c)
       from generate_series(0, $1::int / 5) c`,
      [stored],
    );
    await client.query(
      `insert into search.messages (correlation_id, position, role, content)
       select md5('conversation ' || c)::uuid, p, case p % 2 when 0 then 'user' else 'assistant' end,
         'message ' || p || ' of conversation ' || c
       from generate_series(0, $1::int / 5) c, generate_series(0, 5) p`,
      [stored],
    );
    const began = performance.now();
    await migrate(client);
    const indexSeconds = (performance.now() - began) / 1000;
    await client.query("vacuum (analyze) search.documents, search.messages, search.metadata");
    await client.query("checkpoint");
    return { stored, indexSeconds };
  } finally {
    await client.end();
  }
}
