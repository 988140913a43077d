import { escapeLiteral } from "pg";
import { z } from "zod";
import { quoted, type Change } from "../../../packages/postgres/converge";
import { setOf } from "./inputs";
import { roleName, serverSchema } from "../../../packages/postgres/server";
import { markChanges, marking } from "./marks";
import { plainPassword, scramVerifier, verifies } from "../../../packages/postgres/scram";
import { settingChanges } from "./settings";

const parameterName = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/;

/** The inputs of homelab:postgres:Role. */
export const roleInputs = z
  .object({
    /** The server, reached through SSH on its node's loopback. */
    server: serverSchema,
    /** Its name, e.g. `agent`. */
    name: roleName.refine((name) => !name.startsWith("pg_"), {
      error: (issue) => `${JSON.stringify(issue.input)} starts with pg_, which PostgreSQL keeps for itself.`,
    }),
    /** Stored as SCRAM-SHA-256; the statement that sets it carries the verifier, never the password. */
    password: z.string().regex(plainPassword, {
      error: "the password must be printable ASCII (letters, digits, punctuation, spaces), not empty.",
    }),
    /** May do everything. @default false */
    superuser: z.boolean().default(false),
    /** May make databases. @default false */
    createDatabase: z.boolean().default(false),
    /** May make roles, and change and drop those that it made. @default false */
    createRole: z.boolean().default(false),
    /** May copy the whole cluster and follow it: for a standby or a base backup, which need nothing else. @default false */
    replication: z.boolean().default(false),
    /** Roles that this one is a member of (with inherit and set). @default none */
    memberOf: setOf(roleName).default([]),
    /** Takes over one that somebody else made; otherwise such a one is refused. @default false */
    adopt: z.boolean().default(false),
    /** `ALTER ROLE … SET` parameters. @default none */
    settings: z
      .record(z.string(), z.string())
      .superRefine((settings, ctx) => {
        for (const name of Object.keys(settings).filter((key) => !parameterName.test(key))) {
          const message = `${JSON.stringify(name)} is not a parameter's name: use lower case, e.g. work_mem.`;
          ctx.addIssue({ code: "custom", path: [name], message });
        }
      })
      .default({}),
  })
  .strict()
  .refine((role) => role.name !== role.server.user, {
    path: ["name"],
    error: "this is the user that Pulumi connects as; declare another role.",
  });

export type RoleInputs = z.infer<typeof roleInputs>;

const membership = z.object({
  role: z.string(),
  grantor: z.string().nullable(),
  admin: z.boolean(),
  inherit: z.boolean(),
  set: z.boolean(),
});

/** What the server knows about a role. */
export const roleFacts = z.object({
  version: z.number(),
  role: z
    .object({
      login: z.boolean(),
      superuser: z.boolean(),
      createDatabase: z.boolean(),
      createRole: z.boolean(),
      inherit: z.boolean(),
      replication: z.boolean(),
      bypassRls: z.boolean(),
      connectionLimit: z.number(),
      expires: z.string().nullable(),
      verifier: z.string().nullable(),
      comment: z.string().nullable(),
      memberOf: z.array(membership),
      /** Settings in `name=value` form, for all databases (null) or one. */
      settings: z.array(z.object({ database: z.string().nullable(), entries: z.array(z.string()) })),
    })
    .nullable(),
});

export type RoleFacts = z.infer<typeof roleFacts>;
type Known = NonNullable<RoleFacts["role"]>;

/** $1: the role's name. Membership options exist from PostgreSQL 16 on; before, inheriting is the member's. */
export const roleQuery = `
SELECT current_setting('server_version_num')::int AS version, (
  SELECT jsonb_build_object(
    'login', a.rolcanlogin, 'superuser', a.rolsuper, 'createDatabase', a.rolcreatedb,
    'createRole', a.rolcreaterole, 'inherit', a.rolinherit, 'replication', a.rolreplication,
    'bypassRls', a.rolbypassrls, 'connectionLimit', a.rolconnlimit,
    'expires', nullif(a.rolvaliduntil, 'infinity')::text, 'verifier', a.rolpassword,
    'comment', shobj_description(a.oid, 'pg_authid'),
    'memberOf', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'role', g.rolname, 'grantor', b.rolname, 'admin', m.admin_option,
        'inherit', coalesce((to_jsonb(m)->>'inherit_option')::bool, a.rolinherit),
        'set', coalesce((to_jsonb(m)->>'set_option')::bool, true)) ORDER BY g.rolname), '[]')
      FROM pg_auth_members m JOIN pg_authid g ON g.oid = m.roleid LEFT JOIN pg_authid b ON b.oid = m.grantor
      WHERE m.member = a.oid),
    'settings', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('database', d.datname, 'entries', s.setconfig)), '[]')
      FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
      WHERE s.setrole = a.oid))
  FROM pg_authid a WHERE a.rolname = $1) AS role`;

type Flag = "login" | "superuser" | "createDatabase" | "createRole" | "inherit" | "replication" | "bypassRls";

const keyword: Record<Flag, string> = {
  login: "LOGIN",
  superuser: "SUPERUSER",
  createDatabase: "CREATEDB",
  createRole: "CREATEROLE",
  inherit: "INHERIT",
  replication: "REPLICATION",
  bypassRls: "BYPASSRLS",
};

/** A superuser may all that these two allow. */
const withinSuperuser = new Set<string>(["replication", "bypassRls"]);

function flags(inputs: RoleInputs): [Flag, boolean][] {
  const { superuser, createDatabase, createRole, replication } = inputs;
  const declared = { login: true, superuser, createDatabase, createRole, inherit: true, replication };
  const all = { ...declared, bypassRls: false };
  return (Object.entries(all) as [Flag, boolean][]).filter(
    ([flag]) => !(superuser && withinSuperuser.has(flag)),
  );
}

const onOff = (value: boolean) => (value ? "on" : "off");

function attributeChanges(inputs: RoleInputs, known: Known, alter: string, subject: string): Change[] {
  const changes = flags(inputs)
    .filter(([flag, declared]) => known[flag] !== declared)
    .map(([flag, declared]) => ({
      says: `${subject}: ${flag} is ${onOff(known[flag])}, declared ${onOff(declared)}`,
      sql: [`${alter} ${declared ? "" : "NO"}${keyword[flag]}`],
    }));
  if (known.connectionLimit !== -1) {
    const says = `${subject}: is limited to ${known.connectionLimit} connections, declared without limit`;
    changes.push({ says, sql: [`${alter} CONNECTION LIMIT -1`] });
  }
  if (known.expires !== null) {
    const says = `${subject}: its password expires at ${known.expires}, declared never`;
    changes.push({ says, sql: [`${alter} VALID UNTIL 'infinity'`] });
  }
  return changes;
}

function passwordChanges(inputs: RoleInputs, known: Known, alter: string, subject: string): Change[] {
  if (verifies(known.verifier, inputs.password)) return [];
  const is =
    known.verifier === null
      ? "has no password"
      : known.verifier.startsWith("SCRAM-SHA-256$")
        ? "has another password than declared"
        : "has a password that is not stored as SCRAM-SHA-256";
  const sql = [`${alter} PASSWORD ${escapeLiteral(scramVerifier(inputs.password))}`];
  return [{ says: `${subject}: ${is}`, sql }];
}

function membershipChanges(inputs: RoleInputs, facts: RoleFacts, known: Known, subject: string): Change[] {
  const name = quoted(inputs.name);
  const options = facts.version >= 160_000 ? " WITH INHERIT TRUE, SET TRUE" : "";
  const join = (role: string) => `GRANT ${quoted(role)} TO ${name}${options}`;
  const leave = (held: Known["memberOf"][number]) => {
    const by = held.grantor === null ? "" : ` GRANTED BY ${quoted(held.grantor)}`;
    return `REVOKE ${quoted(held.role)} FROM ${name}${by} CASCADE`;
  };
  // From PostgreSQL 16 on, who may create roles is made an administrator, not a member, of those it makes.
  const held = known.memberOf.filter((m) => m.inherit || m.set || !inputs.createRole);
  const changes: Change[] = inputs.memberOf
    .filter((role) => !held.some((m) => m.role === role))
    .map((role) => ({ says: `${subject}: is not a member of ${role}, declared so`, sql: [join(role)] }));
  for (const m of held) {
    const declared = inputs.memberOf.includes(m.role);
    const sql = [leave(m), ...(declared ? [join(m.role)] : [])];
    if (!declared) changes.push({ says: `${subject}: is a member of ${m.role}, not declared`, sql });
    else if (m.admin)
      changes.push({ says: `${subject}: may give membership of ${m.role} to others, not declared`, sql });
    else if (!m.inherit || !m.set)
      changes.push({ says: `${subject}: its membership of ${m.role} lacks INHERIT or SET`, sql });
  }
  return changes;
}

/**
 * Everything in which a role differs, each with its remedy.
 * Table tests: facts in, sentences and statements out.
 */
export function compareRole(inputs: RoleInputs, facts: RoleFacts): Change[] {
  const subject = `role ${inputs.name} on ${inputs.server.connection.node}`;
  const alter = `ALTER ROLE ${quoted(inputs.name)}`;
  if (facts.role === null) {
    // The rest follows in the next round, once it is there; all in one transaction.
    const made = [`CREATE ROLE ${quoted(inputs.name)} LOGIN`, marking("role", inputs.name, null)];
    return [{ says: `${subject} is missing`, sql: made }];
  }
  return [
    ...markChanges("role", inputs.name, facts.role.comment, subject),
    ...attributeChanges(inputs, facts.role, alter, subject),
    ...passwordChanges(inputs, facts.role, alter, subject),
    ...membershipChanges(inputs, facts, facts.role, subject),
    ...settingChanges(inputs.settings, facts.role.settings, alter, subject),
  ];
}
