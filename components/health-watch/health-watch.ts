import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { usualMetricsDirectory } from "../../services";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn } from "../placement";
import { scriptFile, timed } from "../unit-files";
import { watchedDirectory } from "./watched";

export interface HealthWatchArgs {
  /** The node whose services are watched. */
  node: Node;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
  /** Directory of the files of metrics that scripts on the node write. @default {@link usualMetricsDirectory} */
  metricsDirectory?: string;
}

const unit = "homelab-health";
const script = "/usr/local/lib/homelab/health/health.sh";
const every = 30;

/**
 * A timer on a node that asks the services which are watched (`watched`) whether they are well, and restarts one that
 * runs and does not answer. It keeps nothing; removing it leaves the services as they are.
 */
export class HealthWatch extends pulumi.ComponentResource {
  constructor(name: string, args: HealthWatchArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, sshIdentity, metricsDirectory = usualMetricsDirectory } = args;
    super("homelab:index:HealthWatch", name, { placement: nothingKeptOn(node) }, opts);
    const description = "Looks whether the services here are well";
    timed(
      `${name}-unit`,
      {
        ...{ connection: connectionOf(node, sshIdentity), unit },
        timer: {
          unit: { description: `${description}, every ${every} seconds` },
          timer: { onActiveSec: every, onUnitInactiveSec: every, accuracySec: 1 },
        },
        service: {
          unit: { description },
          service: {
            ...{ type: "oneshot", timeoutStartSec: 60 },
            execStart: [[script, watchedDirectory, metricsDirectory]],
          },
        },
        scripts: [scriptFile(script, join(__dirname, "scripts/health.sh"))],
      },
      childOptions(this, opts),
    );
    this.registerOutputs({});
  }
}
