import type * as pulumi from "@pulumi/pulumi";
import { HealthWatch } from "../components/health-watch";
import type { StackContext } from "./run-stack";

/** Watches whether the services of the node are well; each says by its own unit how it is asked. */
export function watchHealth({ node, settings }: StackContext, opts: pulumi.ComponentResourceOptions): void {
  const { backup, sshIdentity } = settings;
  new HealthWatch(
    "health",
    {
      ...{ node, sshIdentity },
      ...("metricsDirectory" in backup ? { metricsDirectory: backup.metricsDirectory } : {}),
    },
    opts,
  );
}
