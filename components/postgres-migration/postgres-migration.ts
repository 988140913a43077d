import * as pulumi from "@pulumi/pulumi";
import { usualWorkDirectory } from "../../packages/migration/names";
import { Migration } from "../../provider/sdk/postgres";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { persistentOn } from "../placement";

export interface PostgresMigrationArgs {
  /** Tells it from other migrations, for its marks on the target, as the command's `--name`: small letters, digits, dashes. */
  migration: string;
  /** Where the target's PostgresNode runs. The dump lies there meanwhile, so an on-demand node does not compile. */
  node: Node<"always-on">;
  /** The target's port. @default 5432 */
  port?: number;
  /** The server to move from, 14 or later, as `via` reaches it. It is only read. */
  source: {
    host: string;
    /** @default 5432 */
    port?: number;
    user: string;
    password: pulumi.Input<string>;
  };
  /** The node through which the source is reached by SSH. @default the target's node reaches it itself, unencrypted */
  via?: Node;
  /** Databases of the source, and what they are called on the target, where they must be declared and empty. */
  databases: { from: string; to: string }[];
  /** Who owns on the target what a role owns in the source. @default the role of the same name, or the database's owner */
  owners?: Record<string, string>;
  /** On the node, for the dump. @default "/srv/homelab/migration" */
  workDirectory?: string;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/**
 * Databases moved from another PostgreSQL to a PostgresNode: dumped, restored beside the empty ones, verified, and only
 * then switched. Done once, it stays done, and the source need not be there any more. Give it `dependsOn` the PostgresNode.
 */
export class PostgresMigration extends pulumi.ComponentResource {
  /** When each was moved, by its name on the target. */
  readonly moved: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: PostgresMigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node } = args;
    const { databases, owners, via, sshIdentity } = args;
    const workDirectory = args.workDirectory ?? usualWorkDirectory;
    super(
      "homelab:index:PostgresMigration",
      name,
      { placement: persistentOn(node, "PostgresMigration", [workDirectory]) },
      opts,
    );
    const { host, port = 5432, user, password } = args.source;
    const migration = new Migration(
      `${name}-run`,
      {
        server: { connection: connectionOf(node, sshIdentity), port: args.port ?? 5432 },
        migration: args.migration,
        source: { host, port, user, password, database: "postgres" },
        ...(via === undefined ? {} : { via: connectionOf(via, sshIdentity) }),
        databases,
        ...(owners === undefined ? {} : { owners }),
        workDirectory,
      },
      childOptions(this, opts),
    );
    this.moved = migration.moved;
    this.registerOutputs({ moved: this.moved });
  }
}
