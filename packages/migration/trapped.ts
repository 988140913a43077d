import { z } from "zod";
import { quoted } from "../postgres/converge";
import type { Connection, Session } from "../postgres/session";
import type { TableName } from "./fingerprint-sql";

/**
 * PostgreSQL folds the expressions of a table's indexes and statistics when it plans a query of the table, with the rights of
 * whoever asks. So a superuser must not read a table of which they call functions of somebody who is none. What they are made
 * of is in pg_depend, but for what the server came with.
 */
const trapping = `
  SELECT e.rel
  FROM (SELECT indrelid AS rel, 'pg_class'::regclass AS catalogue, indexrelid AS oid FROM pg_index
        WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
        UNION ALL SELECT stxrelid, 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxexprs IS NOT NULL) e
    JOIN pg_depend d ON d.classid = e.catalogue AND d.objid = e.oid
    LEFT JOIN pg_proc f ON d.refclassid = 'pg_proc'::regclass AND f.oid = d.refobjid
    LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
    LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid AND t.typtype = 'd'
    JOIN pg_roles r ON NOT r.rolsuper
      AND r.oid IN (f.proowner, (SELECT proowner FROM pg_proc WHERE oid = o.oprcode), t.typowner)`;

export const trappedTables = `
  SELECT format('%I.%I', n.nspname, c.relname) AS said
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid IN (${trapping})`;

const safe = `
  SELECT c.relkind IN ('r', 'm') AND c.oid NOT IN (${trapping}) AS safe, c.relkind = 'r' AND NOT pg_is_in_recovery() AS lockable
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`;

/** Reads a table in a session, when that is safe. */
export type Guard = <T>(session: Session, table: TableName, read: () => Promise<T>) => Promise<T>;

/**
 * The guard of a superuser's sessions in a database of others; undefined for whoever is no superuser.
 * @param look a session without a snapshot: it sees what is there now.
 */
export async function guardOf(look: Connection): Promise<Guard | undefined> {
  const [row] = await look.rows(
    z.object({ superuser: z.boolean() }),
    "SELECT rolsuper AS superuser FROM pg_roles WHERE rolname = session_user",
  );
  if (row?.superuser !== true) return undefined;
  const ask = async ({ schema, name }: TableName) => {
    const [found] = await look.rows(z.object({ safe: z.boolean(), lockable: z.boolean() }), safe, [
      schema,
      name,
    ]);
    if (found?.safe !== true)
      throw new Error(
        `table ${quoted(schema)}.${quoted(name)} was changed meanwhile: an index or statistics of it call functions of a role that is no superuser, or it is no table any more. Look what it is, and run this again.`,
      );
    return found.lockable;
  };
  return async (session, table, read) => {
    await session.run(["SAVEPOINT homelab_table"]);
    try {
      if (await ask(table)) {
        // From here on nobody gives it an index or statistics, nor another table its name. Who writes, goes on.
        await session.run([
          `LOCK TABLE ONLY ${quoted(table.schema)}.${quoted(table.name)} IN SHARE UPDATE EXCLUSIVE MODE`,
        ]);
        await ask(table);
      }
      return await read();
    } finally {
      await session.run(["ROLLBACK TO SAVEPOINT homelab_table", "RELEASE SAVEPOINT homelab_table"]);
    }
  };
}
