import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../../remote/connection-args";

/** A PostgreSQL server, reached through SSH on the node's loopback: nothing needs to be open to whoever runs Pulumi. */
export interface ServerArgs {
  /** How to reach the server's node over SSH. */
  connection: ConnectionArgs;
  /** Port on the node's loopback. */
  port: number;
  /** A superuser, e.g. `postgres`. */
  user: string;
  /** The superuser's password: a secret. */
  password: pulumi.Input<string>;
}

const withSecretPassword = (server: ServerArgs) => ({ ...server, password: pulumi.secret(server.password) });

export interface RoleArgs {
  /** The server, reached through SSH on its node's loopback. */
  server: ServerArgs;
  /** Its name, e.g. `agent`. */
  name: string;
  /** Stored as SCRAM-SHA-256; the statement that sets it carries the verifier, never the password. */
  password: pulumi.Input<string>;
  /** @default false */
  superuser?: boolean;
  /** @default false */
  createDatabase?: boolean;
  /** @default false */
  createRole?: boolean;
  /** May copy the whole cluster and follow it: for a standby or a base backup, which need nothing else. @default false */
  replication?: boolean;
  /** Roles that this one is a member of (with inherit and set). @default none */
  memberOf?: string[];
  /** `ALTER ROLE … SET` parameters. @default none */
  settings?: Record<string, string>;
  /** Takes over one that somebody else made; otherwise such a one is refused. @default false */
  adopt?: boolean;
}

/** A login role. */
export class Role extends pulumi.CustomResource {
  constructor(name: string, args: RoleArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "homelab:postgres:Role",
      name,
      { ...args, server: withSecretPassword(args.server), password: pulumi.secret(args.password) },
      opts,
    );
  }
}

export interface DatabaseArgs {
  /** The server, reached through SSH on its node's loopback. */
  server: ServerArgs;
  /** Its name, e.g. `agent_gateway`. */
  name: string;
  /** Role that owns it and its `public` schema; it must be there. */
  owner: string;
  /** Roles beside the owner that may connect. Everyone else, PUBLIC included, may not. @default none */
  connect?: string[];
  /** Takes over one that somebody else made; otherwise such a one is refused. @default false */
  adopt?: boolean;
}

/**
 * A database, open to its owner and those named, with a `public` schema in which only the owner creates.
 * Removing it from the program leaves it in the server: data is never deleted as a side effect.
 */
export class Database extends pulumi.CustomResource {
  constructor(name: string, args: DatabaseArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:postgres:Database", name, { ...args, server: withSecretPassword(args.server) }, opts);
  }
}

export interface ExtensionArgs {
  /** The server, reached through SSH on its node's loopback. */
  server: ServerArgs;
  /** Database that it is installed in. */
  database: string;
  /** Its name as in `pg_available_extensions`, e.g. `vector`. */
  name: string;
  /** Exact version. @default the newest that the image carries, and no update of its own */
  version?: string;
  /** @default "public" */
  schema?: string;
}

/** An extension in a database. Removing it from the program leaves it there: tables may depend on it. */
export class Extension extends pulumi.CustomResource {
  /** The version that is installed. */
  declare readonly installed: pulumi.Output<string>;
  constructor(name: string, args: ExtensionArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "homelab:postgres:Extension",
      name,
      { ...args, server: withSecretPassword(args.server), installed: undefined },
      opts,
    );
  }
}

export interface SchemaArgs {
  /** The server, reached through SSH on its node's loopback. */
  server: ServerArgs;
  /** Database that has it. */
  database: string;
  /** Its name, e.g. `analytics`. */
  name: string;
  /** Role that owns it; it must be there. */
  owner: string;
}

/** A schema that a role owns. Removing it from the program leaves it in the database, with all that is in it. */
export class Schema extends pulumi.CustomResource {
  constructor(name: string, args: SchemaArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:postgres:Schema", name, { ...args, server: withSecretPassword(args.server) }, opts);
  }
}

/** What a grant is about: a schema, or all tables/sequences of a schema (present ones and, by default privileges, future ones). */
export interface GrantArgs {
  /** The server, reached through SSH on its node's loopback. */
  server: ServerArgs;
  /** Database that has the schema. */
  database: string;
  /** Role that holds the privileges. */
  role: string;
  /** Schema that they are about, e.g. `public`. */
  schema: string;
  /** The schema itself, or all its tables or sequences. */
  on: "schema" | "tables" | "sequences";
  /** e.g. ["USAGE"], ["SELECT", "INSERT"]; exactly these are held, others are revoked. */
  privileges: string[];
}

/** Privileges of one role on one schema's objects. */
export class Grant extends pulumi.CustomResource {
  constructor(name: string, args: GrantArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:postgres:Grant", name, { ...args, server: withSecretPassword(args.server) }, opts);
  }
}

export interface MigrationArgs {
  /** The target: as its superuser, whose password the node keeps. */
  server: Pick<ServerArgs, "connection" | "port">;
  /** Tells it from other migrations: small letters, digits and dashes. */
  migration: string;
  /** The server that is read, and who reads it; the password is a secret. */
  source: { host: string; port: number; user: string; password: pulumi.Input<string>; database: string };
  /** The node through which the source is reached. @default the target's */
  via?: ConnectionArgs;
  /** Databases by their names on the source and on the target. */
  databases: { from: string; to: string }[];
  /** The target's owner by the source's, where it is not the role of the same name or the database's owner. @default none */
  owners?: Record<string, string>;
  /** On the node, for the dump. @default "/srv/homelab/migration" */
  workDirectory?: string;
}

/** Databases moved from another PostgreSQL: done once, it stays done, whether the source is there or not. */
export class Migration extends pulumi.CustomResource {
  /** When each was moved, by its name on the target. */
  declare readonly moved: pulumi.Output<Record<string, string>>;
  constructor(name: string, args: MigrationArgs, opts?: pulumi.CustomResourceOptions) {
    const source = { ...args.source, password: pulumi.secret(args.source.password) };
    super("homelab:postgres:Migration", name, { ...args, source, moved: undefined }, opts);
  }
}
