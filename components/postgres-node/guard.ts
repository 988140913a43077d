import * as pulumi from "@pulumi/pulumi";
import { Unit } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import { guardFiles, guardReads, guardService, type Pair } from "./pair";

/** postgres-guard.service, which runs whenever the server of a pair does. */
export function guardUnit(
  name: string,
  connection: ConnectionArgs,
  pair: pulumi.Input<Pair>,
  opts: pulumi.CustomResourceOptions,
): Unit {
  return new Unit(
    name,
    {
      connection,
      service: guardService,
      files: guardFiles(),
      restartOn: { "what it asks": pulumi.output(pair).apply(guardReads) },
      health: { exec: ["/usr/bin/systemctl", "is-active", guardService], timeoutSeconds: 15 },
    },
    opts,
  );
}
