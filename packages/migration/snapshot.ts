import { z } from "zod";
import { quoted } from "../postgres/converge";
import type { Connection } from "../postgres/session";
import { open, within, type Side } from "./access";
import { ownSchema } from "./fingerprint-sql";
import { guardOf, type Guard } from "./trapped";

/** One moment of a source database, shared by the dump and by those who read it to compare. */
export interface Snapshot {
  readonly id: string;
  /** Sessions that see it; the first holds it. */
  readonly sessions: readonly Connection[];
  /** To read its tables with, when its sessions are a superuser's. */
  readonly guard: Guard | undefined;
  close(): Promise<void>;
}

const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

export async function takeSnapshot(source: Side, database: string, readers: number): Promise<Snapshot> {
  const sessions: Connection[] = [];
  const close = async () => {
    await Promise.all(sessions.map((session) => session.close()));
  };
  try {
    const holder = await open(source, database);
    sessions.push(holder);
    await holder.run([begin]);
    const [row] = await holder.rows(z.object({ id: z.string() }), "SELECT pg_export_snapshot() AS id");
    const id = row?.id ?? "";
    if (!/^[0-9A-F-]+$/i.test(id)) throw new Error("The source exports no snapshot.");
    for (let more = 1; more < readers; more += 1) {
      const session = await open(source, database);
      sessions.push(session);
      await session.run([begin, `SET TRANSACTION SNAPSHOT '${id}'`]);
    }
    const look = await open(source, database);
    const guard = await guardOf(look);
    return {
      ...{ id, sessions, guard },
      close: async () => {
        await close();
        await look.close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const tablesToLock = `
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND NOT c.relispartition AND ${ownSchema("n.nspname")} ORDER BY 1, 2`;

/**
 * Keeps writers out of a source database for as long as the session lives: locks in a transaction, which leave nothing
 * behind. Readers go on.
 */
export async function keepWritersOut(source: Side, database: string): Promise<Connection> {
  const session = await open(source, database, true);
  try {
    const tables = await session.rows(z.object({ schema: z.string(), name: z.string() }), tablesToLock);
    await session.run(["BEGIN", "SET LOCAL lock_timeout = '60s'"]);
    if (tables.length > 0) {
      const all = tables.map(({ schema, name }) => `${quoted(schema)}.${quoted(name)}`).join(", ");
      await session.run([`LOCK TABLE ${all} IN SHARE MODE`]);
    }
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

export type WriteCounters = Readonly<Record<string, string>>;

/** How often each table has been written to, by the server's own count. */
export async function writeCounters(source: Side, database: string): Promise<WriteCounters> {
  return within(source, database, async (session) => {
    const rows = await session.rows(
      z.object({ table: z.string(), count: z.string() }),
      `SELECT schemaname || '.' || relname AS table, (n_tup_ins + n_tup_upd + n_tup_del)::text AS count
       FROM pg_stat_user_tables ORDER BY 1`,
    );
    return Object.fromEntries(rows.map(({ table, count }) => [table, count]));
  });
}

export interface Client {
  readonly database: string;
  readonly user: string;
  readonly program: string;
  readonly address: string;
}

/** Who is connected to the source's databases now: those who are to be switched. */
export async function clientsOf(source: Side, databases: readonly string[]): Promise<Client[]> {
  return within(source, source.server.database, (session) =>
    session.rows(
      z.object({ database: z.string(), user: z.string(), program: z.string(), address: z.string() }),
      `SELECT DISTINCT datname AS database, coalesce(usename, '') AS user, coalesce(application_name, '') AS program,
         coalesce(host(client_addr), 'socket') AS address
       FROM pg_stat_activity WHERE datname = ANY ($1) AND pid <> pg_backend_pid() AND application_name NOT IN ('homelab', 'pg_dump')
       ORDER BY 1, 2, 3, 4`,
      [databases],
    ),
  );
}
