import { Client, DatabaseError } from "pg";
import { errorMessage } from "../../../packages/errors";
import {
  migrate,
  Qdrant,
  rebuild,
  refuseMoreThanOwner,
  sync,
  type Copied,
  type Progress,
} from "../../../packages/search";
import { columns } from "../../terminal";
import { print, printJson } from "../nodes";

export type Verb = "migrate" | "rebuild" | "sync" | "status";

/** What a table shows, a line each. */
type Lines = readonly (readonly [what: string, value: string | number | null | undefined])[];

/** Carries a verb out on what the environment names. */
export async function search(verb: Verb, output: "text" | "json"): Promise<undefined> {
  const copying = verb === "rebuild" ? rebuild : verb === "sync" ? sync : undefined;
  // Asked for before anything is touched.
  const qdrant =
    copying === undefined ? undefined : new Qdrant(environment("QDRANT_URL"), process.env.QDRANT_API_KEY);
  const client = new Client({
    connectionString: environment("POSTGRES_DSN"),
    application_name: "homelab-search",
    connectionTimeoutMillis: 5000,
  });
  const show = output === "json" ? asJson : table;
  try {
    await client.connect();
    await refuseMoreThanOwner(client);
    if (verb === "status") show(await status(client));
    else {
      await migrate(client);
      if (copying !== undefined && qdrant !== undefined)
        show(copied(await copying(client, qdrant, progress())));
    }
  } catch (error) {
    throw advised(error);
  } finally {
    await client.end();
  }
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "")
    throw new Error(`${name} is not set: see \`homelab search --help\`.`);
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

function copied({ collection, sent, points, watermark }: Copied): Lines {
  return [
    ["collection", collection],
    ["documents sent", sent],
    ["points in it", points],
    ["up to revision", watermark],
  ];
}

async function status(client: Client): Promise<Lines> {
  const { rows } = await client.query<Record<string, string | null>>(
    `select (select count(*) from search.documents) as documents,
       (select count(*) from search.messages) as messages,
       (select count(*) from search.metadata) as metadata,
       (select last_value from search.revision) as revision,
       c.collection, c.points, c.watermark, c.synced_at::text
     from (select 1) one left join lateral (select * from search.copies order by synced_at desc limit 1) c on true`,
  );
  const { documents, messages, metadata, revision, collection, points, watermark, synced_at } = rows[0] ?? {};
  return [
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
  ];
}

function table(lines: Lines): void {
  const rows = lines.map(([what, value]) => [what, String(value ?? "")]);
  for (const line of columns(rows)) print(line);
}

const asJson = (lines: Lines): void => {
  printJson(Object.fromEntries(lines));
};

const noSuchSchema = "3F000";
const noSuchTable = "42P01";

/** What to do is said with what PostgreSQL says. */
function advised(error: unknown): unknown {
  const code = error instanceof DatabaseError ? error.code : undefined;
  if (code !== noSuchSchema && code !== noSuchTable) return error;
  return new Error(`${errorMessage(error)}: run \`npx homelab search migrate\``);
}
