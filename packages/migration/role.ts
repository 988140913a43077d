import { randomBytes } from "node:crypto";
import { escapeLiteral } from "pg";
import { z } from "zod";
import { quoted } from "../postgres/converge";
import { scramVerifier } from "../postgres/scram";
import type { Session } from "../postgres/session";
import { within, type Side } from "./access";
import { ownSchema } from "./fingerprint-sql";
import { formerRole, migrationRole } from "./names";

/**
 * The role as which everything is done that evaluates what came from the source: checks, generated columns, expressions of
 * indexes, views. It logs in by itself, because code that runs in a superuser's session can always become superuser again;
 * and it is a member of no other role, whose rights that code would have.
 */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Makes the role, or takes on what an earlier run left of it, with a password that was never used before. */
export async function makeRole(session: Session, migration: string): Promise<Login> {
  const login = { user: migrationRole(migration), password: randomBytes(24).toString("hex") };
  const role = quoted(login.user);
  const memberships = await session.rows(
    z.object({ of: z.string() }),
    `SELECT pg_get_userbyid(roleid) AS of FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = $1)`,
    [login.user],
  );
  if (memberships.length > 0)
    throw new Error(
      `role ${login.user} is a member of ${memberships.map(({ of }) => of).join(", ")}, so it is not the migration's: look whose it is, and drop it yourself.`,
    );
  await session.run([
    `DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    // Row security would hide rows from it.
    `ALTER ROLE ${role} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS LOGIN PASSWORD ${escapeLiteral(scramVerifier(login.password))}`,
    `ALTER ROLE ${role} RESET ALL`,
  ]);
  return login;
}

/** Nobody logs in as it any more; and it goes, unless a database that waits to be verified is its own. */
export async function closeRole(target: Side, migration: string): Promise<void> {
  const role = migrationRole(migration);
  await within(target, "postgres", (session) =>
    session.run([`ALTER ROLE ${quoted(role)} NOLOGIN PASSWORD NULL`, dropping(role)]),
  );
}

/** What still depends on it, such as what a killed `verify` left in another database, is no harm: it cannot log in. */
const dropping = (role: string) =>
  `DO $$ BEGIN DROP ROLE IF EXISTS ${quoted(role)}; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$`;

export async function dropRole(session: Session, migration: string): Promise<void> {
  await session.run([dropping(migrationRole(migration)), dropping(formerRole)]);
}

/** The right to read every table and sequence of the database. */
async function reading(session: Session, role: string, verb: "GRANT" | "REVOKE"): Promise<string[]> {
  const schemas = await session.rows(
    z.object({ name: z.string() }),
    `SELECT nspname AS name FROM pg_namespace WHERE ${ownSchema("nspname")} ORDER BY nspname`,
  );
  const to = `${verb === "GRANT" ? "TO" : "FROM"} ${quoted(role)}`;
  return schemas
    .map(({ name }) => quoted(name))
    .flatMap((schema) => [
      `${verb} SELECT ON ALL TABLES IN SCHEMA ${schema} ${to}`,
      `${verb} SELECT ON ALL SEQUENCES IN SCHEMA ${schema} ${to}`,
      `${verb} USAGE ON SCHEMA ${schema} ${to}`,
    ]);
}

/** Gives `work` a login that may read `database` and nothing else. */
export async function withReader<T>(
  target: Side,
  migration: string,
  database: string,
  work: (login: Login) => Promise<T>,
): Promise<T> {
  const login = await within(target, "postgres", (session) => makeRole(session, migration));
  const give = (verb: "GRANT" | "REVOKE") =>
    within(target, database, async (session) => {
      const to = `${verb === "GRANT" ? "TO" : "FROM"} ${quoted(login.user)}`;
      // Whoever owns it may connect anyway, and must not lose that.
      const [owned] = await session.rows(
        z.object({ is: z.boolean() }),
        "SELECT pg_get_userbyid(datdba) = $1 AS is FROM pg_database WHERE datname = current_database()",
        [login.user],
      );
      const connect = owned?.is === true ? [] : [`${verb} CONNECT ON DATABASE ${quoted(database)} ${to}`];
      await session.run([...connect, ...(await reading(session, login.user, verb))]);
    });
  const done = async () => {
    await give("REVOKE");
    await closeRole(target, migration);
  };
  try {
    await give("GRANT");
    const result = await work(login);
    await done();
    return result;
  } catch (error) {
    // The first error is the one to tell.
    await done().catch(() => undefined);
    throw error;
  }
}
