import type { ClientBase } from "pg";

/**
 * Refuses a connection whose rights go beyond the database. What is asked here calls functions, operators and triggers that
 * the database's owner may have made or replaced, and those run with the rights of whoever asks.
 * @throws Error that says whom to log in as
 */
export async function refuseMoreThanOwner(client: Pick<ClientBase, "query">): Promise<void> {
  // Not the owner's code either: everything is named in full, whatever search path the database sets for its sessions.
  const { rows } = await client.query<{ role: string; why: string }>(`
    SELECT role.rolname::pg_catalog.text AS role,
      CASE WHEN role.rolsuper THEN 'a superuser' ELSE 'a member of ' OPERATOR(pg_catalog.||) power.name::pg_catalog.text END AS why
    FROM pg_catalog.pg_roles role
    LEFT JOIN pg_catalog.unnest(ARRAY['pg_execute_server_program', 'pg_write_server_files', 'pg_read_server_files']::pg_catalog.name[])
      AS power (name) ON NOT role.rolsuper AND pg_catalog.pg_has_role(role.oid, power.name, 'MEMBER')
    WHERE role.rolname OPERATOR(pg_catalog.=) ANY (ARRAY[SESSION_USER, CURRENT_USER]::pg_catalog.name[])
      AND (role.rolsuper OR power.name IS NOT NULL)
    LIMIT 1`);
  const [found] = rows;
  if (found === undefined) return;
  throw new Error(
    `The connection string logs in as ${found.role}, ${found.why}: what the database's owner has put into it would run with these rights. Give the connection string of the role that owns the database, such as dsns.agent.agent_gateway of the stack's outputs.`,
  );
}
