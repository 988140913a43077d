import * as pulumi from "@pulumi/pulumi";
import type { serverSchema } from "../../packages/postgres/server";
import type { databaseInputs } from "../handlers/postgres/database-plan";
import type { extensionInputs } from "../handlers/postgres/extension";
import type { grantInputs } from "../handlers/postgres/grant-plan";
import type { migrationInputs } from "../handlers/postgres/migration";
import type { roleInputs } from "../handlers/postgres/role-plan";
import type { schemaInputs } from "../handlers/postgres/schema";
import type { Args } from "./args";

/** A PostgreSQL server, reached through SSH on the node's loopback: nothing needs to be open to whoever runs Pulumi. */
export type ServerArgs = Args<typeof serverSchema, "password">;

const withSecretPassword = (server: ServerArgs) => ({ ...server, password: pulumi.secret(server.password) });

export type RoleArgs = Args<typeof roleInputs, "password">;

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

export type DatabaseArgs = Args<typeof databaseInputs, "password">;

/**
 * A database, open to its owner and those named, with a `public` schema in which only the owner creates.
 * Removing it from the program leaves it in the server: data is never deleted as a side effect.
 */
export class Database extends pulumi.CustomResource {
  constructor(name: string, args: DatabaseArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:postgres:Database", name, { ...args, server: withSecretPassword(args.server) }, opts);
  }
}

export type ExtensionArgs = Args<typeof extensionInputs, "password">;

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

export type SchemaArgs = Args<typeof schemaInputs, "password">;

/** A schema that a role owns. Removing it from the program leaves it in the database, with all that is in it. */
export class Schema extends pulumi.CustomResource {
  constructor(name: string, args: SchemaArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:postgres:Schema", name, { ...args, server: withSecretPassword(args.server) }, opts);
  }
}

/** What a grant is about: a schema, or all tables/sequences of a schema (present ones and, by default privileges, future ones). */
export type GrantArgs = Args<typeof grantInputs, "password">;

/** Privileges of one role on one schema's objects. */
export class Grant extends pulumi.CustomResource {
  constructor(name: string, args: GrantArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:postgres:Grant", name, { ...args, server: withSecretPassword(args.server) }, opts);
  }
}

export type MigrationArgs = Args<typeof migrationInputs, "password">;

/** Databases moved from another PostgreSQL: done once, it stays done, whether the source is there or not. */
export class Migration extends pulumi.CustomResource {
  /** When each was moved, by its name on the target. */
  declare readonly moved: pulumi.Output<Record<string, string>>;
  constructor(name: string, args: MigrationArgs, opts?: pulumi.CustomResourceOptions) {
    const source = { ...args.source, password: pulumi.secret(args.source.password) };
    super("homelab:postgres:Migration", name, { ...args, source, moved: undefined }, opts);
  }
}
