import * as pulumi from "@pulumi/pulumi";
import { Unit } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import { fenceFiles, fenceFingerprint, fenceService, type Replication } from "./replication";

/** postgres-guard.service, which runs whenever the server of a pair does. */
export function primaryFence(
  name: string,
  connection: ConnectionArgs,
  pair: pulumi.Input<Replication>,
  opts: pulumi.CustomResourceOptions,
): Unit {
  return new Unit(
    name,
    {
      connection,
      service: fenceService,
      files: fenceFiles(),
      restartOn: { "what it asks": pulumi.output(pair).apply(fenceFingerprint) },
      health: { exec: ["/usr/bin/systemctl", "is-active", fenceService], timeoutSeconds: 15 },
    },
    opts,
  );
}
