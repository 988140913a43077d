import { z } from "zod";
import { escapeLiteral } from "pg";
import { quoted } from "../postgres/converge";
import { createExtension } from "../postgres/extension";
import type { Session } from "../postgres/session";
import type { DatabaseFacts } from "./facts";
import type { Fingerprint } from "./fingerprint";
import { ownersQuery, ownSchema } from "./fingerprint-sql";
import { declaredRights } from "./target";

/**
 * What only a superuser can do in the database into which is restored: before it, and after it. No text of the dump or of the
 * source is run here, only names, in quotes; and nothing is evaluated that came from there.
 */

/** By name: whose they are, and what `ownersQuery` calls them. */
export type Schemas = ReadonlyMap<string, { readonly object: string; readonly owner: string }>;

const relation = z.object({ name: z.string(), sequence: z.boolean() });

/**
 * Makes the source's extensions, and lets the migration's role do what the restore needs: own the schemas that are there
 * already, fill extensions' own tables, use foreign data wrappers.
 * @returns schemas that the restore finds there, and whose those were that were there before
 */
export async function prepareScratch(
  session: Session,
  role: string,
  extensions: DatabaseFacts["extensions"],
): Promise<{ readonly schemas: readonly string[]; readonly before: Schemas }> {
  const there = await schemasThere(session);
  const lacking = [...new Set(extensions.map(({ schema }) => schema))].filter(
    (schema) => !there.has(schema) && schema !== "public" && schema !== "pg_catalog",
  );
  await session.run([
    ...[...there.keys()].map((schema) => `ALTER SCHEMA ${quoted(schema)} OWNER TO ${quoted(role)}`),
    ...lacking.map((schema) => `CREATE SCHEMA ${quoted(schema)} AUTHORIZATION ${quoted(role)}`),
  ]);
  await makeExtensions(session, extensions);
  const own = await session.rows(
    relation,
    `SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind = 'S' AS sequence
     FROM pg_extension e JOIN pg_class c ON c.oid = ANY (e.extconfig) JOIN pg_namespace n ON n.oid = c.relnamespace`,
  );
  const wrappers = await session.rows(
    z.object({ name: z.string() }),
    "SELECT fdwname AS name FROM pg_foreign_data_wrapper",
  );
  await session.run([
    ...own.map(
      ({ name, sequence }) =>
        `GRANT ${sequence ? "SELECT, UPDATE ON SEQUENCE" : "SELECT, INSERT ON TABLE"} ${name} TO ${quoted(role)}`,
    ),
    ...wrappers.map(({ name }) => `GRANT USAGE ON FOREIGN DATA WRAPPER ${quoted(name)} TO ${quoted(role)}`),
  ]);
  return { schemas: [...there.keys(), ...lacking], before: there };
}

/** Schemas that a copy of the empty database has, with their owners. */
async function schemasThere(session: Session): Promise<Schemas> {
  const rows = await session.rows(
    z.object({ name: z.string(), object: z.string(), owner: z.string() }),
    `SELECT nspname AS name, 'SCHEMA ' || quote_ident(nspname) AS object, pg_get_userbyid(nspowner) AS owner
     FROM pg_namespace WHERE ${ownSchema("nspname")} AND nspname <> 'public'`,
  );
  return new Map(rows.map(({ name, object, owner }) => [name, { object, owner }]));
}

const extensionRow = z.object({ name: z.string(), relocatable: z.boolean(), requires: z.array(z.string()) });

/** Those that are not there, each after what it requires; the newest version, as pg_restore would have it. */
async function makeExtensions(session: Session, extensions: DatabaseFacts["extensions"]): Promise<void> {
  const schemaOf = new Map(extensions.map(({ name, schema }) => [name, schema]));
  for (;;) {
    const left = await session.rows(
      extensionRow,
      `SELECT a.name, coalesce(v.requires::text[], '{}') AS requires,
         (SELECT bool_and(o.relocatable) FROM pg_available_extension_versions o WHERE o.name = a.name) AS relocatable
       FROM pg_available_extensions a
         JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
       WHERE a.installed_version IS NULL AND a.name = ANY ($1) ORDER BY a.name`,
      [[...schemaOf.keys()]],
    );
    const first = left.find(({ requires }) => !requires.some((one) => left.some(({ name }) => name === one)));
    if (first === undefined) return;
    const { name, relocatable } = first;
    await session.run(createExtension(name, schemaOf.get(name) ?? "public", { relocatable }));
  }
}

/**
 * Gives everything that was restored to whom the plan says, and to others the rights that the program has declared for
 * what the database's owner makes.
 * @param owners of each object in the source.
 * @param before the schemas that the program had made, with their owners.
 */
export async function settle(
  session: Session,
  { role, database, owner }: { readonly role: string; readonly database: string; readonly owner: string },
  owners: Fingerprint["owners"],
  ownerOf: (owner: string) => string,
  before: Schemas,
): Promise<void> {
  const objects = await session.rows(z.object({ object: z.string(), owner: z.string() }), ownersQuery);
  const others = objects.flatMap(({ object, owner: is }) => {
    const was = owners[object];
    const wanted = was === undefined ? undefined : ownerOf(was);
    return wanted === undefined || wanted === owner || wanted === is
      ? []
      : [`ALTER ${object} OWNER TO ${quoted(wanted)}`];
  });
  for (let begin = 0; begin < others.length; begin += 200)
    await session.run(others.slice(begin, begin + 200));
  const declared = [...before].flatMap(([schema, was]) =>
    owners[was.object] === undefined ? [`ALTER SCHEMA ${quoted(schema)} OWNER TO ${quoted(was.owner)}`] : [],
  );
  await session.run([
    ...declared,
    // The database is its own, too, and stays so until it takes its place: nobody else can enter it.
    `REASSIGN OWNED BY ${quoted(role)} TO ${quoted(owner)}`,
    // It owns nothing any more: this takes its rights away.
    `DROP OWNED BY ${quoted(role)}`,
    `ALTER DATABASE ${quoted(database)} OWNER TO ${quoted(role)}`,
  ]);
  const rights = await declaredRights(session, owner);
  await session.run(
    rights.map(({ privilege, object, role: to }) => `GRANT ${privilege} ON ${object} TO ${quoted(to)}`),
  );
}

/**
 * Publications that only a superuser can make and own: of all tables, and of all tables in a schema. And what is said of
 * publications.
 */
export async function makePublications(
  session: Session,
  publications: DatabaseFacts["publications"],
): Promise<void> {
  await session.run(
    publications.flatMap(({ name, allTables, schemas, publish, viaRoot, comment }) => [
      ...(allTables
        ? [
            `CREATE PUBLICATION ${quoted(name)} FOR ALL TABLES WITH (publish = ${escapeLiteral(publish)}, publish_via_partition_root = ${String(viaRoot)})`,
          ]
        : []),
      ...(schemas.length > 0 ? [`ALTER PUBLICATION ${quoted(name)} OWNER TO CURRENT_USER`] : []),
      ...schemas.map((schema) => `ALTER PUBLICATION ${quoted(name)} ADD TABLES IN SCHEMA ${quoted(schema)}`),
      ...(comment === null ? [] : [`COMMENT ON PUBLICATION ${quoted(name)} IS ${escapeLiteral(comment)}`]),
    ]),
  );
}
