import type * as pulumi from "@pulumi/pulumi";
import type { Jobs } from "../../packages/jobs";
import { wakeLines } from "../../power/wake-on-lan";
import type { Unit } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import { scriptText } from "../../remote/run";
import { nodeNames, type Topology } from "../../topology";
import { timed } from "../unit-files";
import { script } from "./script";

/** Names of the nodes that jobs need, in the topology's order. */
const neededNodes = (jobs: Jobs) =>
  nodeNames.filter((name) => Object.values(jobs).some(({ needs }) => needs === name));

/** What cannot be, of nodes that jobs need: a sentence each. */
export function wrongNeeds(jobs: Jobs, { nodes }: Topology): string[] {
  return Object.entries(jobs).flatMap(([name, { needs, wake }]) => {
    if (needs === undefined) return [];
    if (nodes[needs].lifecycle === "always-on")
      return [
        `jobs.${name}.needs names ${needs}, which is always on: only an on-demand node can be waited for.`,
      ];
    return wake && nodes[needs].mac === undefined
      ? [`jobs.${name}.wake: the topology has no mac of ${needs}, so nothing can wake it.`]
      : [];
  });
}

/** A timer that lets runs wait for a node that is off, wakes it, or leaves them out: as each job declares. */
export function needsWatched(
  name: string,
  {
    connection,
    jobs,
    topology,
    port,
  }: { connection: ConnectionArgs; jobs: Jobs; topology: Topology; port: number },
  opts: pulumi.CustomResourceOptions,
): Unit | undefined {
  const nodes = neededNodes(jobs).map((needed) => ({ ...topology.nodes[needed], name: needed }));
  if (nodes.length === 0) return undefined;
  const unit = "homelab-jobs-needs";
  const folder = `/usr/local/lib/homelab/${unit}`;
  const all = nodes.flatMap(({ name: called, address, ssh }) => [called, address, String(ssh.port)]);
  return timed(
    name,
    {
      ...{ connection, unit },
      timer: {
        unit: { description: "Whether the nodes are on that jobs need, every 20 seconds" },
        timer: { onActiveSec: 20, onUnitInactiveSec: 20, accuracySec: 1 },
      },
      service: {
        unit: { description: "What becomes of jobs whose node is off" },
        service: {
          type: "oneshot",
          execStart: [[`${folder}/needs.sh`, String(port), ...all]],
          timeoutStartSec: 120,
        },
      },
      scripts: [
        script(folder, "needs.sh"),
        { ...script(folder, "needs.py"), mode: "0644" },
        { path: `${folder}/wake.sh`, content: scriptText("wake"), onChange: "nothing" },
        ...nodes
          .filter(({ mac }) => mac !== undefined)
          .map((node) => ({
            path: `${folder}/wake-${node.name}`,
            content: `${wakeLines(node).join("\n")}\n`,
            onChange: "nothing" as const,
          })),
      ],
    },
    opts,
  );
}
