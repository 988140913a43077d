import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../../remote/connection-args";
import { scriptText } from "../../remote/run";
import { taskStream, usualMetricsDirectory } from "../../services";
import { scriptFile, timed } from "../unit-files";

const unit = "homelab-agents-watch";
const folder = `/usr/local/lib/homelab/${unit}`;
const path = `${folder}/watch.sh`;

/** The script and what it reads, in a folder. */
export const watchScripts = (at: string) => [
  scriptFile(`${at}/watch.sh`, join(__dirname, "scripts/watch.sh")),
  ...["jsz-lib", "agent-pods-lib"].map((name) => ({
    ...{ path: `${at}/${name}.sh`, content: scriptText(name), onChange: "nothing" as const },
  })),
];

/** A timer that writes how queues and agents are, for Prometheus: nats-server has no figures in its notation. */
export function watchAgents(
  connection: ConnectionArgs,
  { monitorPort }: { readonly monitorPort: number },
  opts: pulumi.CustomResourceOptions,
): void {
  timed(
    "agents-watch",
    {
      ...{ connection, unit },
      timer: {
        unit: { description: "How queues and agents are, every 30 seconds" },
        timer: { onActiveSec: 30, onUnitInactiveSec: 30, accuracySec: 1 },
      },
      service: {
        unit: { description: "How queues and agents are, for Prometheus" },
        service: {
          ...{ type: "oneshot", nice: 10, timeoutStartSec: 60 },
          execStart: [
            [
              ...[path, String(monitorPort), usualMetricsDirectory],
              ...["/etc/containers/systemd", taskStream, "/var/log/pods"],
            ],
          ],
        },
      },
      scripts: watchScripts(folder),
    },
    opts,
  );
}
