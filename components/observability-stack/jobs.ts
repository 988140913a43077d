import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ManagedFileArgs } from "../../provider/sdk/remote";
import { render, serviceUnit, timerUnit } from "../../packages/quadlet";
import { hostPort, houseAddress, type Node, type Topology } from "../../topology";

/** What the stack has run by timers: scripts of a few lines, for what no program of the field does. */

const folder = (unit: string) => `/usr/local/lib/homelab/${unit}`;

/** A script that a timer runs every so many seconds, with its timer. */
export function job(
  unit: string,
  script: string,
  description: string,
  args: readonly string[],
  every: number,
): ManagedFileArgs[] {
  const path = `${folder(unit)}/${script}`;
  return [
    {
      path,
      content: readFileSync(join(__dirname, "scripts", script), "utf8"),
      mode: "0755",
      onChange: "nothing",
    },
    {
      path: `/etc/systemd/system/${unit}.service`,
      content: render(
        serviceUnit({
          unit: { description },
          service: { type: "oneshot", nice: 10, execStart: [[path, ...args]], timeoutStartSec: 60 },
        }),
      ),
    },
    {
      path: `/etc/systemd/system/${unit}.timer`,
      content: render(
        timerUnit({
          unit: { description: `${description}, every ${every} seconds` },
          timer: { onActiveSec: every, onUnitInactiveSec: every, accuracySec: 1 },
        }),
      ),
    },
  ];
}

/** A program on a node that Prometheus asks. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly path: string;
}

export interface NodeConfig {
  /** Timers beside those that stacks put there. */
  readonly timers: readonly string[];
  readonly targets: readonly Target[];
  /** Certificates whose end is watched: paths, with `*`. */
  readonly certificates: readonly string[];
  /** Where what carries the logs away notes how far it has come. @default it carries none */
  readonly cursor?: string;
  /** A file that is touched whenever no line of a pod waits to be carried away. @default the pods' logs are not carried so */
  readonly carried?: string;
  /** Port on loopback on which a NATS server tells of itself. @default there is none */
  readonly nats?: number;
}

/** As node.sh reads it. */
export function nodeConfig({ timers, targets, certificates, cursor, carried, nats }: NodeConfig): string {
  const lines = [
    ...timers.map((name) => ["timer", name]),
    ...certificates.map((path) => ["certificates", path]),
    ...(cursor === undefined ? [] : [["cursor", cursor]]),
    ...(carried === undefined ? [] : [["carried", carried]]),
    ...(nats === undefined ? [] : [["nats", String(nats)]]),
    ...targets.map(({ name, port, path }) => ["target", name, String(port), path]),
  ];
  return lines.map((line) => `${line.join("\t")}\n`).join("");
}

/** A title as a value of the label `job`. */
export const jobName = (title: string) => title.toLowerCase().replaceAll(/[^a-z0-9_]+/g, "-");

/** What targets.sh on a node is told of the nodes. */
export const targetArguments = (
  from: Node,
  topology: Topology,
  names: readonly (keyof Topology["nodes"])[],
  port: number,
) =>
  names.flatMap((name) => {
    const node = topology.nodes[name];
    return [name, node.lifecycle, hostPort(houseAddress(node, from), port)];
  });
