import { Client, DatabaseError } from "pg";
import { columns } from "../../cli/terminal";
import { errorMessage } from "../errors";
import { rebuild, sync, type Copied, type Progress } from "./copy";
import { Qdrant } from "./qdrant";
import { migrate } from "./schema";

/** `npm run --silent search -- COMMAND`: the schema, and the derived copy. Where they are is in the environment. */
const usage = `npm run --silent search -- COMMAND
  migrate   makes the schema in PostgreSQL, or what is missing of it
  rebuild   makes Qdrant's copy anew from PostgreSQL
  sync      sends Qdrant what changed since; makes the copy anew when it is gone
  status    a table of what is stored, and how far the copy is behind
Environment: POSTGRES_DSN (agent_gateway, as its owner), QDRANT_URL and, where the server wants one, QDRANT_API_KEY.`;

async function main(command: string | undefined): Promise<void> {
  const copying = { rebuild, sync }[command ?? ""];
  if (copying === undefined && command !== "migrate" && command !== "status") throw new Error(usage);
  // Asked for before anything is touched.
  const qdrant =
    copying === undefined ? undefined : new Qdrant(environment("QDRANT_URL"), process.env.QDRANT_API_KEY);
  const client = new Client({
    connectionString: environment("POSTGRES_DSN"),
    application_name: "homelab-search",
    connectionTimeoutMillis: 5000,
  });
  await client.connect();
  try {
    if (command === "status") {
      await status(client);
      return;
    }
    await migrate(client);
    if (copying !== undefined && qdrant !== undefined) show(await copying(client, qdrant, progress()));
  } finally {
    await client.end();
  }
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`${name} is not set.\n${usage}`);
  return value;
}

function progress(): Progress {
  let said = 0;
  return (sent, of) => {
    if (performance.now() - said < 2000 && sent < of) return;
    said = performance.now();
    process.stderr.write(`${sent} of ${of} documents sent\n`);
  };
}

function show({ collection, sent, points, watermark }: Copied): void {
  table([
    ["collection", collection],
    ["documents sent", sent],
    ["points in it", points],
    ["up to revision", watermark],
  ]);
}

async function status(client: Client): Promise<void> {
  const { rows } = await client.query<Record<string, string | null>>(
    `select (select count(*) from search.documents) as documents,
       (select count(*) from search.messages) as messages,
       (select count(*) from search.metadata) as metadata,
       (select last_value from search.revision) as revision,
       c.collection, c.points, c.watermark, c.synced_at::text
     from (select 1) one left join lateral (select * from search.copies order by synced_at desc limit 1) c on true`,
  );
  const { documents, messages, metadata, revision, collection, points, watermark, synced_at } = rows[0] ?? {};
  table([
    ["documents", documents],
    ["messages", messages],
    ["metadata", metadata],
    ["copy", collection ?? "none"],
    ...(collection === null
      ? []
      : ([
          ["points in it", points],
          ["changes since", Number(revision) - Number(watermark)],
          ["brought up to date", synced_at],
        ] as const)),
  ]);
}

function table(lines: readonly (readonly [what: string, value: string | number | null | undefined])[]): void {
  const rows = lines.map(([what, value]) => [what, String(value ?? "")]);
  for (const line of columns(rows)) process.stdout.write(`${line}\n`);
}

const noSuchSchema = "3F000";
const noSuchTable = "42P01";

main(process.argv[2]).catch((error: unknown) => {
  const code = error instanceof DatabaseError ? error.code : undefined;
  const said = errorMessage(error);
  const advice =
    code === noSuchSchema || code === noSuchTable ? ": run `npm run --silent search -- migrate`" : "";
  process.stderr.write(`${said}${advice}\n`);
  process.exitCode = 1;
});
