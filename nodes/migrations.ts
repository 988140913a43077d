import type * as pulumi from "@pulumi/pulumi";
import { PostgresMigration } from "../components/postgres-migration";
import type { Node } from "../topology";
import type { StackContext } from "./run-stack";

/** Databases of other servers that are moved to storage's, as `homelab:migrations` says; none by default. */
export function declareMigrations(
  { topology, settings }: Pick<StackContext<"storage">, "topology" | "settings">,
  node: Node<"always-on">,
  postgres: pulumi.Resource,
): void {
  for (const [name, { source, via, databases, owners, workDirectory }] of Object.entries(
    settings.migrations,
  )) {
    new PostgresMigration(
      `migration-${name}`,
      {
        migration: name,
        node,
        sshIdentity: settings.sshIdentity,
        port: settings.postgres.port,
        source,
        ...(via === "" ? {} : { via: topology.nodes[via] }),
        databases: Object.entries(databases).map(([from, to]) => ({ from, to })),
        owners,
        workDirectory,
      },
      { dependsOn: postgres },
    );
  }
}
