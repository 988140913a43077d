import { z } from "zod";
import { listed, quoted, type Change } from "../../../packages/postgres/converge";
import { setOf } from "./inputs";
import { identifier, roleName, serverSchema } from "../../../packages/postgres/server";
import { ownName } from "../../../packages/migration/names";
import { markChanges, marking } from "./marks";

/** The inputs of homelab:postgres:Database. */
export const databaseInputs = z
  .object({
    /** The server, reached through SSH on its node's loopback. */
    server: serverSchema,
    /** Its name, e.g. `agent_gateway`. */
    name: identifier.refine((name) => !/^(template[01]|postgres)$/.test(name), {
      error: (issue) =>
        `${JSON.stringify(issue.input)} is a database of PostgreSQL's own; choose another name.`,
    }),
    /** Role that owns it and its `public` schema; it must be there. */
    owner: roleName,
    /** Roles beside the owner that may connect. Everyone else, PUBLIC included, may not. @default none */
    connect: setOf(roleName).default([]),
    /** Takes over one that somebody else made; otherwise such a one is refused. @default false */
    adopt: z.boolean().default(false),
  })
  .strict()
  .transform((inputs) => ({ ...inputs, connect: inputs.connect.filter((role) => role !== inputs.owner) }));

export type DatabaseInputs = z.infer<typeof databaseInputs>;

const aclEntry = z.object({
  /** Null is PUBLIC. */
  role: z.string().nullable(),
  privilege: z.string(),
  grantable: z.boolean(),
});

/** What the server knows about a database from outside. */
export const outerFacts = z.object({
  owner: z.string(),
  comment: z.string().nullable(),
  encoding: z.string(),
  open: z.boolean(),
  connectionLimit: z.number(),
  acl: z.array(aclEntry),
  /** Names of parameters that are set for the database. */
  settings: z.array(z.string()),
});

export type OuterFacts = z.infer<typeof outerFacts>;

/** What is to be seen of it from within: who owns its schema `public`, and who else may create there. */
export const innerFacts = z.object({
  publicOwner: z.string().nullable(),
  publicCreators: z.array(z.string().nullable()),
});

export type InnerFacts = z.infer<typeof innerFacts>;

/** $1: the database's name. */
export const outerQuery = `
SELECT o.rolname AS owner, shobj_description(d.oid, 'pg_database') AS comment, pg_encoding_to_char(d.encoding) AS encoding, d.datallowconn AS open,
  d.datconnlimit AS "connectionLimit",
  (SELECT coalesce(jsonb_agg(split_part(entry, '=', 1) ORDER BY entry), '[]')
   FROM pg_db_role_setting s, unnest(s.setconfig) entry WHERE s.setdatabase = d.oid AND s.setrole = 0) AS settings,
  (SELECT coalesce(jsonb_agg(jsonb_build_object(
     'role', g.rolname, 'privilege', a.privilege_type, 'grantable', a.is_grantable)), '[]')
   FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a LEFT JOIN pg_roles g ON g.oid = a.grantee
  ) AS acl
FROM pg_database d JOIN pg_roles o ON o.oid = d.datdba WHERE d.datname = $1`;

export const innerQuery = `
SELECT (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'public') AS "publicOwner",
  (SELECT coalesce(jsonb_agg(g.rolname), '[]')
   FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
     LEFT JOIN pg_roles g ON g.oid = a.grantee
   WHERE n.nspname = 'public' AND a.grantee <> n.nspowner AND a.privilege_type = 'CREATE') AS "publicCreators"`;

const subjectOf = (inputs: DatabaseInputs) => `database ${inputs.name} on ${inputs.server.connection.node}`;
const grantee = (role: string | null) => (role === null ? "PUBLIC" : quoted(role));
const spoken = (role: string | null) => role ?? "everyone (PUBLIC)";

/** What a database is called until it is marked. */
export const unmarkedName = (name: string) => ownName("homelab_making_", name);

/**
 * CREATE DATABASE knows no transaction, so what is killed after it would leave one without a mark: it is made under a name
 * that is this program's own. Made closed: nobody gets in before PUBLIC's rights are taken away. template0 is never in use
 * by another.
 */
export function createDatabase({ name, owner }: DatabaseInputs): string {
  return (
    `CREATE DATABASE ${quoted(unmarkedName(name))} OWNER ${quoted(owner)} TEMPLATE template0 ENCODING 'UTF8' ` +
    `ALLOW_CONNECTIONS false`
  );
}

/** What follows, in one transaction. */
export const nameDatabase = ({ name }: DatabaseInputs): string[] => [
  marking("database", unmarkedName(name), null),
  `ALTER DATABASE ${quoted(unmarkedName(name))} RENAME TO ${quoted(name)}`,
];

function aclChanges(inputs: DatabaseInputs, facts: OuterFacts): Change[] {
  const subject = subjectOf(inputs);
  const on = `ON DATABASE ${quoted(inputs.name)}`;
  const connect = inputs.connect.map((role) => `GRANT CONNECT ${on} TO ${quoted(role)}`);
  const held = (role: string | null) => facts.acl.filter((entry) => entry.role === role);
  const changes: Change[] = [];
  const others = new Set(facts.acl.map((entry) => entry.role).filter((role) => role !== facts.owner));
  for (const role of others) {
    const declared = role !== null && inputs.connect.includes(role);
    const surplus = held(role).filter(
      (entry) => !(declared && entry.privilege === "CONNECT" && !entry.grantable),
    );
    if (surplus.length === 0 || role === inputs.owner) continue;
    const what = surplus
      .map((entry) => entry.privilege + (entry.grantable ? " WITH GRANT OPTION" : ""))
      .sort();
    // CASCADE may take from others what they got by way of this one, so what is declared is given again.
    changes.push({
      says: `${subject}: ${spoken(role)} has ${listed(what)}, not declared`,
      sql: [`REVOKE ALL ${on} FROM ${grantee(role)} CASCADE`, ...connect],
    });
  }
  for (const role of inputs.connect) {
    if (held(role).some((entry) => entry.privilege === "CONNECT") || role === facts.owner) continue;
    changes.push({ says: `${subject}: ${role} may not connect, declared so`, sql: connect });
  }
  const lacks = ["CONNECT", "CREATE", "TEMPORARY"].filter(
    (privilege) => !held(facts.owner).some((entry) => entry.privilege === privilege),
  );
  if (lacks.length > 0) {
    const says = `${subject}: its owner ${facts.owner} lacks ${listed(lacks)}`;
    changes.push({ says, sql: [`GRANT ALL ${on} TO ${quoted(facts.owner)}`] });
  }
  return changes;
}

export function compareOuter(inputs: DatabaseInputs, facts: OuterFacts | undefined): Change[] {
  const subject = subjectOf(inputs);
  if (facts === undefined) return [{ says: `${subject} is missing`, sql: [] }];
  const alter = `ALTER DATABASE ${quoted(inputs.name)}`;
  const changes: Change[] = [];
  if (facts.connectionLimit === -2) {
    const says =
      `${subject} is what an interrupted DROP DATABASE left, and cannot be used: finish it with ` +
      `DROP DATABASE ${quoted(inputs.name)} and run this again`;
    return [{ says, sql: [] }];
  }
  if (facts.encoding !== "UTF8") {
    const says =
      `${subject}: encoding is ${facts.encoding}, declared UTF8, which cannot be changed in place: ` +
      `dump it, rename it, let it be created again and load the dump`;
    changes.push({ says, sql: [] });
  }
  if (facts.owner !== inputs.owner) {
    changes.push({
      says: `${subject}: owner is ${facts.owner}, declared ${inputs.owner}`,
      sql: [`${alter} OWNER TO ${quoted(inputs.owner)}`],
    });
  }
  changes.push(...markChanges("database", inputs.name, facts.comment, subject), ...aclChanges(inputs, facts));
  if (facts.connectionLimit !== -1) {
    const says = `${subject}: is limited to ${facts.connectionLimit} connections, declared without limit`;
    changes.push({ says, sql: [`${alter} CONNECTION LIMIT -1`] });
  }
  if (facts.settings.length > 0) {
    const says = `${subject}: has settings of its own (${listed(facts.settings)}), which win over the server's, not declared`;
    changes.push({ says, sql: [`${alter} RESET ALL`] });
  }
  if (!facts.open) {
    const says = `${subject}: takes no connections, declared open`;
    changes.push({ says, sql: [`${alter} ALLOW_CONNECTIONS true`] });
  }
  return changes;
}

export function compareInner(inputs: DatabaseInputs, facts: InnerFacts): Change[] {
  const subject = subjectOf(inputs);
  if (facts.publicOwner === null) {
    const create = "CREATE SCHEMA public AUTHORIZATION pg_database_owner";
    const sql = [create, "GRANT USAGE ON SCHEMA public TO PUBLIC"];
    return [{ says: `${subject}: schema public is missing`, sql }];
  }
  const changes: Change[] = [];
  if (facts.publicOwner !== "pg_database_owner" && facts.publicOwner !== inputs.owner) {
    changes.push({
      says: `${subject}: schema public is owned by ${facts.publicOwner}, declared the database's owner`,
      sql: ["ALTER SCHEMA public OWNER TO pg_database_owner"],
    });
  }
  const owners = new Set<string | null>([inputs.owner, "pg_database_owner"]);
  for (const role of new Set(facts.publicCreators)) {
    if (owners.has(role)) continue;
    changes.push({
      says: `${subject}: ${spoken(role)} may create in schema public, not declared`,
      sql: [`REVOKE CREATE ON SCHEMA public FROM ${grantee(role)} CASCADE`],
    });
  }
  return changes;
}
