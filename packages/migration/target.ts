import { escapeLiteral } from "pg";
import { z } from "zod";
import { quoted } from "../postgres/converge";
import type { Session } from "../postgres/session";
import { errorMessage } from "../errors";
import { within, type Side } from "./access";
import { databaseFacts } from "./facts";
import { ownSchema } from "./fingerprint-sql";
import { emptiedName, readMarker, scratchName, writeMarker, type Marker } from "./names";
import { dropRole, makeRole, type Login } from "./role";

/** What is done on the target: a database beside the empty one, which takes its place when it has been verified. */

const maintenance = "postgres";

/** A lock that ends with its session, so that a killed run never holds it. @throws Error when another run has it */
export async function lock(session: Session, name: string, node: string): Promise<void> {
  const [row] = await session.rows(
    z.object({ got: z.boolean() }),
    "SELECT pg_try_advisory_lock(hashtext('homelab migration'), hashtext($1)) AS got",
    [name],
  );
  if (row?.got !== true) {
    throw new Error(
      `Another run of the migration ${name} is at work on ${node}: wait for it, or end that command.`,
    );
  }
}

export async function mark(session: Session, database: string, marker: Marker): Promise<void> {
  await session.run([`COMMENT ON DATABASE ${quoted(database)} IS ${escapeLiteral(writeMarker(marker))}`]);
}

async function comment(session: Session, database: string): Promise<string | null | undefined> {
  const [row] = await session.rows(
    z.object({ comment: z.string().nullable() }),
    "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = $1",
    [database],
  );
  return row?.comment;
}

async function exists(session: Session, database: string): Promise<boolean> {
  return (
    (await session.rows(z.object({}), "SELECT FROM pg_database WHERE datname = $1", [database])).length > 0
  );
}

/** Ends the sessions of others, so that the database can be copied, renamed or dropped. */
async function emptyOfSessions(session: Session, database: string): Promise<void> {
  await session.rows(
    z.object({}),
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
    [database],
  );
}

/**
 * Makes the database into which is restored: a copy of the empty one, with its extensions and default privileges, open to
 * the migration's role alone. One that a former run left is made again.
 * @returns who restores
 */
export async function makeScratch(target: Side, to: string, marker: Marker): Promise<Login> {
  const scratch = scratchName(to);
  return within(target, maintenance, async (session) => {
    await dropOwn(session, scratch, marker.homelabMigration);
    if (!(await exists(session, to))) throw new Error(`there is no database ${to}.`);
    const login = await makeRole(session, marker.homelabMigration);
    await emptyOfSessions(session, to);
    // Closed to all until it is known whose it is.
    await session.run([
      `CREATE DATABASE ${quoted(scratch)} OWNER ${quoted(login.user)} TEMPLATE ${quoted(to)} ALLOW_CONNECTIONS false`,
    ]);
    await mark(session, scratch, marker);
    await session.run([
      `REVOKE ALL ON DATABASE ${quoted(scratch)} FROM PUBLIC`,
      `ALTER DATABASE ${quoted(scratch)} ALLOW_CONNECTIONS true`,
    ]);
    return login;
  });
}

/** Drops a database of this migration's own; another's is left alone. A marked one only, or one that was just begun. */
async function dropOwn(session: Session, database: string, name: string): Promise<void> {
  if (!(await exists(session, database))) return;
  const said = await comment(session, database);
  const marker = readMarker(said);
  // Killed between making it and marking it: closed to everyone, so nothing can be in it.
  const [open] = await session.rows(
    z.object({ open: z.boolean() }),
    "SELECT datallowconn AS open FROM pg_database WHERE datname = $1",
    [database],
  );
  const unmarked = (said ?? null) === null && open?.open === false;
  if (marker?.homelabMigration !== name && !unmarked) {
    throw new Error(`database ${database} is not this migration's: look what it is, and drop it yourself.`);
  }
  await session.run([`DROP DATABASE ${quoted(database)} WITH (FORCE)`]);
}

async function databaseRights(session: Session, of: string, to: string): Promise<string[]> {
  const rows = await session.rows(
    z.object({ role: z.string(), privilege: z.string() }),
    `SELECT g.rolname AS role, a.privilege_type AS privilege FROM pg_database d, aclexplode(d.datacl) a
       JOIN pg_roles g ON g.oid = a.grantee WHERE d.datname = $1 AND a.grantee <> d.datdba`,
    [of],
  );
  return rows.map(({ role, privilege }) => `GRANT ${privilege} ON DATABASE ${quoted(to)} TO ${quoted(role)}`);
}

const right = z.object({ object: z.string(), role: z.string(), privilege: z.string(), held: z.boolean() });

/**
 * The program declares rights on tables and sequences with default privileges of the database's owner. What was
 * restored was not made by that owner, so they are looked up there.
 */
export async function declaredRights(session: Session, databaseOwner: string) {
  const rows = await session.rows(
    right,
    `SELECT CASE d.defaclobjtype WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || format('%I.%I', n.nspname, c.relname) AS object,
       g.rolname AS role, a.privilege_type AS privilege,
       EXISTS (SELECT FROM aclexplode(c.relacl) h WHERE h.grantee = a.grantee AND h.privilege_type = a.privilege_type) AS held
     FROM pg_default_acl d JOIN pg_namespace n ON n.oid = d.defaclnamespace
       JOIN pg_class c ON c.relnamespace = n.oid AND c.relowner = d.defaclrole
         AND (d.defaclobjtype = 'r' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') OR d.defaclobjtype = 'S' AND c.relkind = 'S'),
       aclexplode(d.defaclacl) a JOIN pg_roles g ON g.oid = a.grantee
     WHERE pg_get_userbyid(d.defaclrole) = $1 AND a.grantee <> d.defaclrole`,
    [databaseOwner],
  );
  return rows;
}

/** Declared rights that are not held, and rights of everybody in the database; a sentence each. */
export async function rightsAmiss(
  session: Session,
  databaseOwner: string,
): Promise<{ count: number; amiss: string[] }> {
  const rights = await declaredRights(session, databaseOwner);
  const [open] = await session.rows(
    z.object({ open: z.boolean() }),
    `SELECT EXISTS (SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
       WHERE d.datname = current_database() AND a.grantee = 0) AS open`,
  );
  return {
    count: rights.length + 1,
    amiss: [
      ...rights
        .filter(({ held }) => !held)
        .map(
          ({ object, role, privilege }) =>
            `${role} lacks ${privilege} on ${object.toLowerCase()}, declared so`,
        ),
      ...(open?.open === true ? ["everyone (PUBLIC) may connect, which is not declared"] : []),
    ],
  };
}

/** Looks through every B-tree with amcheck, when the server has it; leaves no trace. @returns how many */
export async function checkIndexes(
  session: Session,
): Promise<{ count: number; broken: string[] } | undefined> {
  const [there] = await session.rows(
    z.object({ installed: z.string().nullable() }),
    `SELECT (SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'amcheck') AS installed
     FROM pg_available_extensions WHERE name = 'amcheck'`,
  );
  if (there === undefined) return undefined;
  const schema = quoted(there.installed ?? "homelab_amcheck");
  await session.run(["BEGIN"]);
  try {
    if (there.installed === null) {
      await session.run([`CREATE SCHEMA ${schema}`, `CREATE EXTENSION amcheck SCHEMA ${schema}`]);
    }
    const [row] = await session.rows(
      z.object({ count: z.number() }),
      `SELECT count(*)::int AS count FROM (SELECT ${schema}.bt_index_check(c.oid)
         FROM pg_class c JOIN pg_am am ON am.oid = c.relam JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE am.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid AND ${ownSchema("n.nspname")} OFFSET 0) looked`,
    );
    return { count: row?.count ?? 0, broken: [] };
  } catch (error) {
    return { count: 0, broken: [`amcheck: ${errorMessage(error)}`] };
  } finally {
    await session.run(["ROLLBACK"]);
  }
}

/**
 * Puts the verified database in the place of the empty one: both names change at one moment. Killed anywhere, the next
 * run ends it.
 */
export async function takePlace(target: Side, to: string, marker: Marker): Promise<void> {
  const [scratch, emptied] = [scratchName(to), emptiedName(to)];
  await within(target, maintenance, async (session) => {
    // Nobody but superusers gets in from now on, so what is seen to be empty stays so.
    await session.run([`ALTER DATABASE ${quoted(to)} CONNECTION LIMIT 0`]);
    await emptyOfSessions(session, to);
    await emptyOfSessions(session, scratch);
    const { objects } = await within(target, to, databaseFacts);
    if (objects > 0) {
      await session.run([`ALTER DATABASE ${quoted(to)} CONNECTION LIMIT -1`]);
      throw new Error(
        `it is not empty any more: what was moved waits in ${scratch}; empty ${to}, then run this again.`,
      );
    }
    await dropOwn(session, emptied, marker.homelabMigration);
    const [row] = await session.rows(
      z.object({ owner: z.string() }),
      "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1",
      [to],
    );
    if (row === undefined) throw new Error(`there is no database ${to}.`);
    const rights = await databaseRights(session, to, scratch);
    await session.run(["BEGIN"]);
    try {
      await mark(session, to, { ...marker, state: "restoring" });
      await session.run([
        `ALTER DATABASE ${quoted(scratch)} OWNER TO ${quoted(row.owner)}`,
        ...rights,
        `ALTER DATABASE ${quoted(to)} RENAME TO ${quoted(emptied)}`,
        `ALTER DATABASE ${quoted(scratch)} RENAME TO ${quoted(to)}`,
      ]);
      await mark(session, to, { ...marker, state: "moved" });
      await session.run(["COMMIT"]);
    } catch (error) {
      await session.run(["ROLLBACK"]);
      throw error;
    }
    await dropOwn(session, emptied, marker.homelabMigration);
  });
}

/** What a killed run may have left beside the moved databases. */
export async function cleanUp(target: Side, databases: readonly string[], name: string): Promise<void> {
  await within(target, maintenance, async (session) => {
    for (const to of databases) {
      await dropOwn(session, emptiedName(to), name);
      await dropOwn(session, scratchName(to), name);
    }
    await dropRole(session, name);
  });
}
