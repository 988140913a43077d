import { z } from "zod";
import type { Session } from "../postgres/session";
import { within, type Side } from "./access";
import { ownSchema } from "./fingerprint-sql";
import type { Pair } from "./names";
import { trappedTables } from "./trapped";

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

const serverSchema = z.object({
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
SELECT d.datname AS name, CASE WHEN has_database_privilege(d.oid, 'CONNECT') THEN pg_database_size(d.oid) ELSE 0 END::text AS bytes, pg_encoding_to_char(d.encoding) AS encoding,
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

export const extensionSchema = z.object({ name: z.string(), version: z.string(), schema: z.string() });
const databaseSchema = z.object({
  tables: z.number(),
  /** Anything of people's own: then it is not empty. */
  objects: z.number(),
  extensions: z.array(extensionSchema),
  owners: z.array(z.object({ role: z.string(), objects: z.number() })),
  largeObjects: z.number(),
  foreignTables: z.number(),
  vectors: z.number(),
  elsewhere: z.number(),
  invalidIndexes: z.array(z.string()),
  eventTriggers: z.array(z.string()),
  subscriptions: z.number(),
  /** What only a superuser may make, so that it cannot be restored: what it is, and its name. */
  superusersOnly: z.array(z.string()),
  /** Tables with an index or statistics that call code of somebody who is no superuser: planning a query of them runs it. */
  trapped: z.array(z.string()),
});
export const publicationSchema = z.object({
  name: z.string(),
  allTables: z.boolean(),
  publish: z.string(),
  viaRoot: z.boolean(),
  comment: z.string().nullable(),
  schemas: z.array(z.string()),
});
export type DatabaseFacts = z.infer<typeof databaseSchema> & {
  readonly publications: readonly z.infer<typeof publicationSchema>[];
};

const notExtension = (catalogue: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalogue}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

/** What CREATE refuses to everybody else; extensions have their own of it, and are made by name. */
const superusersOnly = `
  SELECT format('function %I.%I (%s)', n.nspname, f.proname, CASE WHEN NOT l.lanpltrusted THEN 'language ' || l.lanname
      WHEN f.proleakproof THEN 'leakproof' ELSE 'with a support function' END) AS what
  FROM pg_proc f JOIN pg_language l ON l.oid = f.prolang JOIN pg_namespace n ON n.oid = f.pronamespace
  WHERE f.prokind <> 'a' AND (NOT l.lanpltrusted OR f.proleakproof OR f.prosupport <> 0) AND ${ownSchema("n.nspname")}
    AND ${notExtension("pg_proc", "f.oid")}
    -- The constructors of a range come with it.
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'i')
  UNION ALL
  SELECT format('type %I.%I', n.nspname, t.typname) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE t.typtype = 'b' AND ${ownSchema("n.nspname")} AND ${notExtension("pg_type", "t.oid")}
    AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
  UNION ALL
  SELECT format('cast from %s to %s without function', format_type(castsource, NULL), format_type(casttarget, NULL))
  FROM pg_cast c WHERE castmethod = 'b' AND oid >= 16384 AND ${notExtension("pg_cast", "c.oid")}
  UNION ALL
  SELECT format('operator class %I.%I', n.nspname, o.opcname) FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace
  WHERE ${ownSchema("n.nspname")} AND ${notExtension("pg_opclass", "o.oid")}
  UNION ALL
  SELECT format('operator family %I.%I', n.nspname, o.opfname) FROM pg_opfamily o JOIN pg_namespace n ON n.oid = o.opfnamespace
  WHERE ${ownSchema("n.nspname")} AND ${notExtension("pg_opfamily", "o.oid")}
    AND NOT EXISTS (SELECT FROM pg_opclass c WHERE c.opcfamily = o.oid)
  UNION ALL
  SELECT format('access method %I', amname) FROM pg_am a WHERE oid >= 16384 AND ${notExtension("pg_am", "a.oid")}
  UNION ALL
  SELECT format('foreign data wrapper %I', fdwname) FROM pg_foreign_data_wrapper w
  WHERE oid >= 16384 AND ${notExtension("pg_foreign_data_wrapper", "w.oid")}
  UNION ALL
  SELECT format('language %I', lanname) FROM pg_language l WHERE oid >= 16384 AND ${notExtension("pg_language", "l.oid")}
  UNION ALL
  SELECT format('text search parser %I', prsname) FROM pg_ts_parser p WHERE oid >= 16384 AND ${notExtension("pg_ts_parser", "p.oid")}
  UNION ALL
  SELECT format('text search template %I', tmplname) FROM pg_ts_template t
  WHERE oid >= 16384 AND ${notExtension("pg_ts_template", "t.oid")}`;

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
  (SELECT coalesce(jsonb_agg(jsonb_build_object('name', extname, 'version', extversion, 'schema', n.nspname) ORDER BY extname), '[]')
   FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname <> 'plpgsql') AS extensions,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('role', role, 'objects', objects) ORDER BY role), '[]')
   FROM (SELECT pg_get_userbyid(owner) AS role, count(*) AS objects FROM owned GROUP BY owner) o) AS owners,
  (SELECT count(*)::int FROM pg_largeobject_metadata) AS "largeObjects",
  (SELECT count(*)::int FROM relation WHERE relkind = 'f') AS "foreignTables",
  (SELECT count(*)::int FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid
   WHERE r.relkind IN ('r', 'm') AND format_type(a.atttypid, NULL) ~ '(^|[.])vector$') AS vectors,
  (SELECT count(*)::int FROM relation WHERE reltablespace <> 0) AS elsewhere,
  (SELECT coalesce(jsonb_agg(r.relname), '[]') FROM relation r JOIN pg_index i ON i.indexrelid = r.oid WHERE NOT i.indisvalid) AS "invalidIndexes",
  (SELECT coalesce(jsonb_agg(evtname ORDER BY evtname), '[]') FROM pg_event_trigger g
   WHERE ${notExtension("pg_event_trigger", "g.oid")}) AS "eventTriggers",
  (SELECT count(*)::int FROM pg_stat_subscription) AS subscriptions,
  (SELECT coalesce(jsonb_agg(what ORDER BY what), '[]') FROM (${superusersOnly}) s) AS "superusersOnly",
  (SELECT coalesce(jsonb_agg(said ORDER BY said), '[]') FROM (${trappedTables}) t) AS trapped`;

const publicationsQuery = (versionNumber: number) => `
SELECT p.pubname AS name, p.puballtables AS "allTables", p.pubviaroot AS "viaRoot", obj_description(p.oid, 'pg_publication') AS comment,
  concat_ws(', ', CASE WHEN pubinsert THEN 'insert' END, CASE WHEN pubupdate THEN 'update' END,
    CASE WHEN pubdelete THEN 'delete' END, CASE WHEN pubtruncate THEN 'truncate' END) AS publish,
  ${
    versionNumber >= 150_000
      ? `(SELECT coalesce(array_agg(n.nspname::text ORDER BY n.nspname), '{}') FROM pg_publication_namespace s
          JOIN pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = p.oid)`
      : `'{}'::text[]`
  } AS schemas
FROM pg_publication p ORDER BY p.pubname`;

export async function databaseFacts(session: Session): Promise<DatabaseFacts> {
  const [facts] = await session.rows(databaseSchema, databaseQuery);
  const [about] = await session.rows(
    z.object({ version: z.number() }),
    "SELECT current_setting('server_version_num')::int AS version",
  );
  if (facts === undefined || about === undefined)
    throw new Error("PostgreSQL answered a query of one row with none");
  return { ...facts, publications: await session.rows(publicationSchema, publicationsQuery(about.version)) };
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
