import { z } from "zod";
import { listed, quoted, type Change } from "../../../packages/postgres/converge";
import { setOf } from "./inputs";
import { identifier, roleName, serverSchema } from "../../../packages/postgres/server";

/** What may be granted on each. MAINTAIN is PostgreSQL 17's. @see https://www.postgresql.org/docs/current/ddl-priv.html */
const allowed = {
  schema: ["CREATE", "USAGE"],
  tables: ["DELETE", "INSERT", "MAINTAIN", "REFERENCES", "SELECT", "TRIGGER", "TRUNCATE", "UPDATE"],
  sequences: ["SELECT", "UPDATE", "USAGE"],
} as const;

/**
 * The inputs of homelab:postgres:Grant: about a schema, or all tables or sequences of a schema (present ones and, by default
 * privileges, future ones).
 */
export const grantInputs = z
  .object({
    /** The server, reached through SSH on its node's loopback. */
    server: serverSchema,
    /** Database that has the schema. */
    database: identifier,
    /** Role that holds the privileges. */
    role: roleName,
    /** Schema that they are about, e.g. `public`. */
    schema: identifier,
    /** The schema itself, or all its tables or sequences. */
    on: z.enum(["schema", "tables", "sequences"]),
    /** e.g. ["USAGE"], ["SELECT", "INSERT"]; exactly these are held, others are revoked. */
    privileges: setOf(z.string()),
  })
  .strict()
  .superRefine((grant, ctx) => {
    const may: readonly string[] = allowed[grant.on];
    const wrong = grant.privileges.filter((privilege) => !may.includes(privilege));
    if (wrong.length > 0) {
      const message = `${wrong.map((w) => JSON.stringify(w)).join(", ")}: on ${grant.on} there are ${may.join(", ")}.`;
      ctx.addIssue({ code: "custom", path: ["privileges"], message });
    }
    if (grant.schema === "public" && grant.on === "schema" && grant.privileges.includes("CREATE")) {
      const message = `"CREATE" on schema public is the database owner's alone; make a schema for ${grant.role}.`;
      ctx.addIssue({ code: "custom", path: ["privileges"], message });
    }
  });

export type GrantInputs = z.infer<typeof grantInputs>;

const held = z.object({ privilege: z.string(), grantable: z.boolean(), grantor: z.string() });

export const grantFacts = z.object({
  roleExists: z.boolean(),
  schemaExists: z.boolean(),
  databaseOwner: z.string(),
  /** Null where there is none, or where it is the database's. */
  schemaOwner: z.string().nullable(),
  /** The schema itself, or its tables, or its sequences; those of the role's own left out. */
  objects: z.array(
    z.object({ name: z.string(), owner: z.string(), held: z.array(held), columns: z.boolean() }),
  ),
  /** What the role will get on objects that others (`definer`) make from now on. */
  future: z.array(z.object({ definer: z.string(), privilege: z.string(), grantable: z.boolean() })),
});

export type GrantFacts = z.infer<typeof grantFacts>;

const explode = (acl: string) => `
  (SELECT coalesce(jsonb_agg(jsonb_build_object('privilege', a.privilege_type, 'grantable', a.is_grantable,
     'grantor', pg_get_userbyid(a.grantor))), '[]')
   FROM aclexplode(${acl}) a WHERE a.grantee = (SELECT oid FROM role))`;

const ofSchema = `
  SELECT n.nspname AS name, pg_get_userbyid(n.nspowner) AS owner, ${explode("n.nspacl")} AS held, false AS columns
  FROM pg_namespace n WHERE n.oid = (SELECT oid FROM schema) AND n.nspowner IS DISTINCT FROM (SELECT oid FROM role)`;

// The kinds are those of GRANT … ON ALL TABLES: tables, partitioned ones, views, materialised ones, foreign ones.
const ofRelations = (kinds: string) => `
  SELECT c.relname AS name, pg_get_userbyid(c.relowner) AS owner, ${explode("c.relacl")} AS held,
    EXISTS (SELECT FROM pg_attribute t, aclexplode(t.attacl) a
            WHERE t.attrelid = c.oid AND NOT t.attisdropped AND a.grantee = (SELECT oid FROM role)) AS columns
  FROM pg_class c WHERE c.relnamespace = (SELECT oid FROM schema) AND c.relkind IN (${kinds})
    AND c.relowner IS DISTINCT FROM (SELECT oid FROM role) ORDER BY c.relname`;

const objects = {
  schema: ofSchema,
  tables: ofRelations("'r', 'p', 'v', 'm', 'f'"),
  sequences: ofRelations("'S'"),
};
const defaultKind = { schema: "'n'", tables: "'r'", sequences: "'S'" };

/** $1: the role, $2: the schema. */
export const grantQuery = (on: GrantInputs["on"]) => `
WITH role AS (SELECT oid FROM pg_roles WHERE rolname = $1),
     schema AS (SELECT oid FROM pg_namespace WHERE nspname = $2)
SELECT EXISTS (SELECT FROM role) AS "roleExists", EXISTS (SELECT FROM schema) AS "schemaExists",
  (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()) AS "databaseOwner",
  (SELECT pg_get_userbyid(nspowner) FROM pg_namespace
   WHERE nspname = $2 AND nspowner <> 'pg_database_owner'::regrole) AS "schemaOwner",
  (SELECT coalesce(jsonb_agg(o), '[]') FROM (${objects[on]}) o) AS objects,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('definer', pg_get_userbyid(d.defaclrole),
     'privilege', a.privilege_type, 'grantable', a.is_grantable)), '[]')
   FROM pg_default_acl d, aclexplode(d.defaclacl) a
   WHERE d.defaclnamespace = (SELECT oid FROM schema) AND d.defaclobjtype = ${defaultKind[on]}
     AND a.grantee = (SELECT oid FROM role) AND d.defaclrole <> a.grantee) AS future`;

type Held = GrantFacts["objects"][number]["held"];

function difference(inputs: GrantInputs, has: readonly { privilege: string; grantable: boolean }[]) {
  const lacks = inputs.privileges.filter((privilege) => !has.some((h) => h.privilege === privilege));
  const surplus = has
    .filter((h) => h.grantable || !inputs.privileges.includes(h.privilege))
    .map((h) => h.privilege + (h.grantable ? " WITH GRANT OPTION" : ""));
  return { lacks, surplus: [...new Set(surplus)].sort() };
}

/** What others than the owner gave can be taken back only in their name, and only what they gave. */
function revokeAll(target: string, role: string, owner: string, has: Held): string[] {
  const others = has
    .filter((h) => h.grantor !== owner)
    .flatMap((h) => [
      `SET LOCAL ROLE ${quoted(h.grantor)}`,
      `REVOKE ${h.privilege} ON ${target} FROM ${role} CASCADE`,
      "RESET ROLE",
    ]);
  return [...others, `REVOKE ALL ON ${target} FROM ${role} CASCADE`];
}

const kind = { schema: "SCHEMA", tables: "TABLE", sequences: "SEQUENCE" };

function presentChanges(inputs: GrantInputs, facts: GrantFacts, subject: string): Change[] {
  const role = quoted(inputs.role);
  // One sentence for all objects that differ in the same way: there may be hundreds of tables.
  const alike = new Map<string, { objects: string[]; sql: string[] }>();
  for (const object of facts.objects) {
    const { lacks, surplus } = difference(inputs, object.held);
    if (object.columns) surplus.push("rights on single columns");
    if (lacks.length === 0 && surplus.length === 0) continue;
    const path =
      inputs.on === "schema" ? quoted(object.name) : `${quoted(inputs.schema)}.${quoted(object.name)}`;
    const target = `${kind[inputs.on]} ${path}`;
    const sql = surplus.length > 0 ? revokeAll(target, role, object.owner, object.held) : [];
    const give = surplus.length > 0 ? inputs.privileges : lacks;
    if (give.length > 0) sql.push(`GRANT ${give.join(", ")} ON ${target} TO ${role}`);
    const how = [
      ...(lacks.length > 0 ? [`lacks ${listed(lacks, 8)}`] : []),
      ...(surplus.length > 0 ? [`has ${listed(surplus, 8)}, not declared,`] : []),
    ].join(" and ");
    const group = alike.get(how) ?? { objects: [], sql: [] };
    group.objects.push(object.name);
    group.sql.push(...sql);
    alike.set(how, group);
  }
  return [...alike].map(([how, group]) => ({
    says: `${subject} ${how} on ${inputs.on === "schema" ? "schema" : `${inputs.on} of ${inputs.schema}:`} ${listed(group.objects)}`,
    sql: group.sql,
  }));
}

function futureChanges(inputs: GrantInputs, facts: GrantFacts, subject: string): Change[] {
  if (inputs.on === "schema") return [];
  const changes: Change[] = [];
  const owners = [facts.databaseOwner, ...(facts.schemaOwner === null ? [] : [facts.schemaOwner])];
  for (const definer of new Set([...owners, ...facts.future.map((f) => f.definer)])) {
    if (definer === inputs.role) continue;
    const declared = owners.includes(definer) ? inputs.privileges : [];
    const has = facts.future.filter((f) => f.definer === definer);
    const { lacks, surplus } = difference({ ...inputs, privileges: declared }, has);
    if (lacks.length === 0 && surplus.length === 0) continue;
    const start = `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoted(definer)} IN SCHEMA ${quoted(inputs.schema)}`;
    const on = `ON ${inputs.on.toUpperCase()}`;
    const sql = surplus.length > 0 ? [`${start} REVOKE ALL ${on} FROM ${quoted(inputs.role)} CASCADE`] : [];
    if (declared.length > 0)
      sql.push(`${start} GRANT ${declared.join(", ")} ${on} TO ${quoted(inputs.role)}`);
    const how = [
      ...(lacks.length > 0 ? [`will lack ${listed(lacks, 8)}`] : []),
      ...(surplus.length > 0 ? [`will have ${listed(surplus, 8)}, not declared,`] : []),
    ].join(" and ");
    changes.push({
      says: `${subject} ${how} on future ${inputs.on} of ${inputs.schema} made by ${definer}`,
      sql,
    });
  }
  return changes;
}

export const grantSubject = (inputs: GrantInputs) =>
  `role ${inputs.role} in database ${inputs.database} on ${inputs.server.connection.node}:`;

/** Everything in which a role's rights differ, each with its remedy. */
export function compareGrant(inputs: GrantInputs, facts: GrantFacts): Change[] {
  const subject = grantSubject(inputs);
  if (!facts.roleExists) return [{ says: `${subject} the role is missing`, sql: [] }];
  if (!facts.schemaExists) return [{ says: `${subject} schema ${inputs.schema} is missing`, sql: [] }];
  return [...presentChanges(inputs, facts, subject), ...futureChanges(inputs, facts, subject)];
}
