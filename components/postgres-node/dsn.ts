import * as pulumi from "@pulumi/pulumi";
import type { PostgresSettings } from "../../services";
import { hostPort } from "../../topology";

/** Connection strings by role, then by database. */
export type Dsns = Readonly<Record<string, Readonly<Record<string, pulumi.Output<string>>>>>;

export interface DsnArgs {
  /** Where the server is; with several, the client takes the one that takes writes. */
  hosts: readonly { host: string; port: number }[];
  /** Role that logs in. */
  role: string;
  /** Database to connect to. */
  database: string;
  /** The role's password; escaped here. */
  password: pulumi.Input<string>;
}

/**
 * A connection string as libpq reads it, `postgresql://role:password@host:port/database`; a secret. Several hosts are
 * understood by libpq and what is built on it (psql, psycopg, SQLAlchemy with it), not by a URL parser such as node's.
 * @see https://www.postgresql.org/docs/18/libpq-connect.html
 */
function dsn({ hosts, role, database, password }: DsnArgs): pulumi.Output<string> {
  const at = hosts.map(({ host, port }) => hostPort(host, port)).join(",");
  const only = hosts.length > 1 ? "?target_session_attrs=read-write" : "";
  const of = encodeURIComponent;
  return pulumi.secret(
    pulumi.interpolate`postgresql://${of(role)}:${pulumi.output(password).apply(of)}@${at}/${of(database)}${only}`,
  );
}

/** One for each role and database that it may connect to. */
export function dsnsOf(
  settings: PostgresSettings,
  hosts: DsnArgs["hosts"],
  passwordOf: (role: string) => pulumi.Output<string>,
): Dsns {
  return Object.fromEntries(
    Object.keys(settings.roles).map((role) => [
      role,
      Object.fromEntries(
        databasesOf(role, settings).map((database) => [
          database,
          dsn({ hosts, role, database, password: passwordOf(role) }),
        ]),
      ),
    ]),
  );
}

/** Databases that a role may connect to: its own, those that name it, and all for a superuser. */
function databasesOf(role: string, { roles, databases }: PostgresSettings): string[] {
  return Object.entries(databases)
    .filter(
      ([, { owner, connect }]) => roles[role]?.superuser === true || owner === role || connect.includes(role),
    )
    .map(([database]) => database);
}
