import { z } from "zod";
import type { Context, Handler } from "../../handler";
import type { Sessions, Task } from "../../../packages/postgres/connect";
import { converge, listed, quoted } from "../../../packages/postgres/converge";
import type { Server } from "../../../packages/postgres/server";
import { planCreation, refusal as notOurs } from "./marks";
import { compareRole, roleFacts, roleInputs, roleQuery, type RoleInputs } from "./role-plan";
import { overSsh } from "../../../packages/postgres/over-ssh";
import type { Session } from "../../../packages/postgres/session";

/** The database in which roles and databases are looked after. It is always there. */
export const maintenance = "postgres";

/** A password's verifier is no password, but it has no business in a log or in pg_stat_statements either. */
const unlogged = [
  "SET LOCAL log_statement = 'none'",
  "SET LOCAL log_min_duration_statement = -1",
  "SET LOCAL log_min_error_statement = 'panic'",
  "SET LOCAL pg_stat_statements.track_utility = 'off'",
];

async function read(session: Session, name: string) {
  const [facts] = await session.rows(roleFacts, roleQuery, [name]);
  if (facts === undefined) throw new Error("PostgreSQL answered a query of one row with none");
  return facts;
}

/** A login role, with its password, memberships and settings. */
export function roleHandler(sessions: Sessions): Handler<RoleInputs> {
  const task = (inputs: RoleInputs, ctx: Context): Task => ({
    server: inputs.server,
    database: maintenance,
    subject: `role ${inputs.name} on ${inputs.server.connection.node}`,
    signal: ctx.signal,
  });
  return {
    type: "homelab:postgres:Role",
    inputs: roleInputs,
    replaceOn: ["name"],
    id: (inputs) => inputs.name,

    async drift(inputs, ctx) {
      const facts = await sessions.use(task(inputs, ctx), (session) => read(session, inputs.name));
      return compareRole(inputs, facts).map((change) => change.says);
    },

    planIgnores: ["server", "password"],
    async plan(inputs, ctx, previous) {
      if (previous !== undefined) return { notes: [], unmet: [], errors: [] };
      return planCreation("role", inputs, ctx, (known) =>
        sessions.use(task(known, ctx), async (session) => (await read(session, known.name)).role),
      );
    },

    async apply(inputs, ctx, previous) {
      await sessions.use({ ...task(inputs, ctx), intent: "change" }, (session) =>
        session.transaction(async () => {
          if (previous === undefined) {
            const refused = notOurs("role", inputs, (await read(session, inputs.name)).role);
            if (refused !== undefined) throw new Error(refused);
          }
          await session.run(unlogged);
          await converge(
            session,
            () => read(session, inputs.name),
            (facts) => compareRole(inputs, facts),
          );
        }),
      );
      return {};
    },

    async remove(inputs, ctx) {
      const asked: Task = { ...task(inputs, ctx), intent: "change" };
      const databases = await sessions.use(asked, (session) => databasesThatNeed(session, inputs.name));
      if (databases === undefined) return;
      const owned: string[] = [];
      for (const database of databases) {
        owned.push(...(await sessions.use({ ...asked, database }, (s) => belongings(s, inputs.name))));
      }
      if (owned.length > 0) throw new Error(refusal(inputs.server, inputs.name, [...new Set(owned)]));
      for (const database of databases) {
        await sessions.use({ ...asked, database }, (session) => dropRights(session, inputs.name));
      }
      await sessions.use(asked, (session) =>
        session.transaction(() => session.run([`DROP ROLE IF EXISTS ${quoted(inputs.name)}`])),
      );
    },
  };
}

function refusal(server: Server, name: string, owned: readonly string[]): string {
  const node = server.connection.node;
  return (
    `role ${name} on ${node} is not removed: it still has ${listed(owned)}. Give them to another role ` +
    `(REASSIGN OWNED BY ${quoted(name)} TO …, in each database) or drop them yourself, then run this again.`
  );
}

/** The databases in which something depends on the role, the maintenance database first; nothing: no such role. */
async function databasesThatNeed(session: Session, name: string): Promise<string[] | undefined> {
  const [found] = await session.rows(
    z.object({ databases: z.array(z.string()).nullable() }),
    `SELECT (SELECT jsonb_agg(DISTINCT d.datname) FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
             WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = a.oid AND d.datname <> $2) AS databases
     FROM pg_authid a WHERE a.rolname = $1`,
    [name, maintenance],
  );
  return found && [maintenance, ...(found.databases ?? [])];
}

/**
 * What the role owns (o), or is named in by a policy (r) or tablespace (t), here and server-wide. Default privileges
 * count as rights, not as belongings: they hold no data.
 * @see https://www.postgresql.org/docs/current/catalog-pg-shdepend.html
 */
async function belongings(session: Session, name: string): Promise<string[]> {
  const rows = await session.rows(
    z.object({ what: z.string() }),
    `SELECT pg_describe_object(s.classid, s.objid, s.objsubid)
       || CASE WHEN s.dbid = 0 THEN '' ELSE ' in database ' || current_database() END AS what
     FROM pg_shdepend s
     WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = (SELECT oid FROM pg_authid WHERE rolname = $1)
       AND s.deptype IN ('o', 'r', 't') AND s.classid <> 'pg_default_acl'::regclass
       AND s.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
     ORDER BY s.dbid, s.objid LIMIT 20`,
    [name],
  );
  return rows.map((row) => row.what);
}

/** DROP OWNED takes rights away and drops what is owned: the lock makes sure that nothing comes to be owned meanwhile. */
async function dropRights(session: Session, name: string): Promise<void> {
  await session.transaction(async () => {
    await session.run(["LOCK TABLE pg_catalog.pg_shdepend IN SHARE ROW EXCLUSIVE MODE"]);
    const owned = await belongings(session, name);
    if (owned.length > 0) throw new Error(`it has come to own ${listed(owned)}: run this again.`);
    const [role] = await session.rows(z.object({}), "SELECT FROM pg_authid WHERE rolname = $1", [name]);
    if (role !== undefined) await session.run([`DROP OWNED BY ${quoted(name)}`]);
  });
}

export const role = roleHandler(overSsh);
