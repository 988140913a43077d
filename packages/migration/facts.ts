import { z } from "zod";
import type { Session } from "../postgres/session";
import { within, type Side } from "./access";
import { ownSchema } from "./fingerprint-sql";
import type { Pair } from "./names";

/** What a plan needs to know of a server, and of the databases in question. */

const databaseRow = z.object({
  name: z.string(),
  bytes: z.string().transform(Number),
  encoding: z.string(),
  collation: z.string(),
  owner: z.string(),
  comment: z.string().nullable(),
  settings: z.boolean(),
});
export type DatabaseRow = z.output<typeof databaseRow>;

export const serverSchema = z.object({
  version: z.string(),
  versionNumber: z.number(),
  systemIdentifier: z.string(),
  superuser: z.boolean(),
  roles: z.array(z.object({ name: z.string(), superuser: z.boolean(), login: z.boolean() })),
  tablespaces: z.array(z.string()),
  prepared: z.number(),
  available: z.array(z.string()),
});
export type ServerFacts = z.infer<typeof serverSchema> & { readonly databases: readonly DatabaseRow[] };

const serverQuery = `
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS "versionNumber",
  (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('name', rolname, 'superuser', rolsuper, 'login', rolcanlogin) ORDER BY rolname), '[]')
   FROM pg_roles WHERE rolname !~ '^pg_') AS roles,
  (SELECT coalesce(jsonb_agg(spcname ORDER BY spcname), '[]') FROM pg_tablespace WHERE spcname !~ '^pg_') AS tablespaces,
  (SELECT count(*)::int FROM pg_prepared_xacts) AS prepared,
  (SELECT jsonb_agg(name) FROM pg_available_extensions) AS available`;

const databasesQuery = `
SELECT d.datname AS name, pg_database_size(d.oid)::text AS bytes, pg_encoding_to_char(d.encoding) AS encoding,
  d.datcollate AS collation, pg_get_userbyid(d.datdba) AS owner, shobj_description(d.oid, 'pg_database') AS comment,
  EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setdatabase = d.oid) AS settings
FROM pg_database d WHERE d.datallowconn AND NOT d.datistemplate ORDER BY d.datname`;

export async function serverFacts(side: Side): Promise<ServerFacts> {
  return within(side, side.server.database, async (session) => {
    const [server] = await session.rows(serverSchema, serverQuery);
    if (server === undefined) throw new Error("PostgreSQL answered a query of one row with none");
    return { ...server, databases: await session.rows(databaseRow, databasesQuery) };
  });
}

export const databaseSchema = z.object({
  tables: z.number(),
  /** Anything of people's own: then it is not empty. */
  objects: z.number(),
  extensions: z.array(z.object({ name: z.string(), version: z.string() })),
  owners: z.array(z.object({ role: z.string(), objects: z.number() })),
  largeObjects: z.number(),
  foreignTables: z.number(),
  vectors: z.number(),
  elsewhere: z.number(),
  invalidIndexes: z.array(z.string()),
  eventTriggers: z.number(),
  publications: z.number(),
  subscriptions: z.number(),
});
export type DatabaseFacts = z.infer<typeof databaseSchema>;

const notExtension = (catalogue: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalogue}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

const databaseQuery = `
WITH relation AS (SELECT c.* FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${ownSchema("n.nspname")} AND c.relpersistence <> 't' AND ${notExtension("pg_class", "c.oid")}),
  routine AS (SELECT f.* FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace
    WHERE ${ownSchema("n.nspname")} AND ${notExtension("pg_proc", "f.oid")}),
  sort AS (SELECT t.* FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('d', 'e', 'r') AND ${ownSchema("n.nspname")} AND ${notExtension("pg_type", "t.oid")}),
  owned AS (SELECT relowner AS owner FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL SELECT proowner FROM routine UNION ALL SELECT typowner FROM sort
    UNION ALL SELECT lomowner FROM pg_largeobject_metadata)
SELECT (SELECT count(*)::int FROM relation WHERE relkind IN ('r', 'p')) AS tables,
  (SELECT count(*)::int FROM owned) AS objects,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('name', extname, 'version', extversion) ORDER BY extname), '[]')
   FROM pg_extension WHERE extname <> 'plpgsql') AS extensions,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('role', role, 'objects', objects) ORDER BY role), '[]')
   FROM (SELECT pg_get_userbyid(owner) AS role, count(*) AS objects FROM owned GROUP BY owner) o) AS owners,
  (SELECT count(*)::int FROM pg_largeobject_metadata) AS "largeObjects",
  (SELECT count(*)::int FROM relation WHERE relkind = 'f') AS "foreignTables",
  (SELECT count(*)::int FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid
   WHERE r.relkind IN ('r', 'm') AND format_type(a.atttypid, NULL) ~ '(^|[.])vector$') AS vectors,
  (SELECT count(*)::int FROM relation WHERE reltablespace <> 0) AS elsewhere,
  (SELECT coalesce(jsonb_agg(r.relname), '[]') FROM relation r JOIN pg_index i ON i.indexrelid = r.oid WHERE NOT i.indisvalid) AS "invalidIndexes",
  (SELECT count(*)::int FROM pg_event_trigger) AS "eventTriggers",
  (SELECT count(*)::int FROM pg_publication) AS publications,
  (SELECT count(*)::int FROM pg_stat_subscription) AS subscriptions`;

export async function databaseFacts(session: Session): Promise<DatabaseFacts> {
  const [facts] = await session.rows(databaseSchema, databaseQuery);
  if (facts === undefined) throw new Error("PostgreSQL answered a query of one row with none");
  return facts;
}

/** Facts of those databases of a side that are there. */
export async function factsOf(
  side: Side,
  server: ServerFacts,
  names: readonly string[],
): Promise<Map<string, DatabaseFacts>> {
  const there = names.filter((name) => server.databases.some((database) => database.name === name));
  const found = await Promise.all(
    there.map(async (name) => [name, await within(side, name, databaseFacts)] as const),
  );
  return new Map(found);
}

/** Which databases are meant: those named, or all that the source has but its maintenance database when that is empty. */
export function meant(
  asked: readonly Pair[],
  server: ServerFacts,
  facts: ReadonlyMap<string, DatabaseFacts>,
): Pair[] {
  if (asked.length > 0) return [...asked];
  return server.databases
    .filter(({ name }) => name !== "postgres" || (facts.get(name)?.objects ?? 0) > 0)
    .map(({ name }) => ({ from: name, to: name }));
}
