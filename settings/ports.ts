import type { Node } from "../topology";
import { runningServices } from "./compute";
import { kubeletPort, type K3sAgentSettings } from "./k3s";
import type { ComputeStackSettings, DesktopSettings, StorageSettings } from "./load";
import { powerPort } from "./power";

/** TCP ports that are taken on a node, each with what chose it: a key, or what a key switches on. */
type Taken = readonly (readonly [by: string, port: number])[];

const ssh = ({ name, ssh: { port } }: Node): Taken => [[`nodes.${name}.ssh.port`, port]];
const member = ({ enabled, openPorts }: K3sAgentSettings): Taken =>
  enabled
    ? [
        ["what homelab:k3s.enabled starts", kubeletPort],
        ...openPorts.map((port) => ["homelab:k3s.openPorts", port] as const),
      ]
    : [];

export const storagePorts = ({ postgres, minio, k3s, backup, power }: StorageSettings, node: Node) =>
  portProblems([
    ...ssh(node),
    ...member(k3s),
    ...(power.enabled ? [["what homelab:power.enabled starts", powerPort] as const] : []),
    ["homelab:postgres.port", postgres.port],
    ["homelab:minio.apiPort", minio.apiPort],
    ["homelab:minio.consolePort", minio.consolePort],
    ...(k3s.enabled ? [["homelab:k3s.apiPort", k3s.apiPort] as const] : []),
    ...(backup.files ? [["homelab:backup.repositoryPort", backup.repositoryPort] as const] : []),
  ]);

export const desktopPorts = ({ replica, backup, k3s }: DesktopSettings, node: Node) =>
  portProblems([
    ...ssh(node),
    ...member(k3s),
    ...(replica.enabled ? [["homelab:replica.port", replica.port] as const] : []),
    ...(backup.keepsOffNode ? [["homelab:backup.repositoryPort", backup.repositoryPort] as const] : []),
  ]);

export const computePorts = ({ compute, k3s }: ComputeStackSettings, node: Node) =>
  portProblems([
    ...ssh(node),
    ...member(k3s),
    ...runningServices(compute).map((name) => [`homelab:compute.${name}.port`, compute[name].port] as const),
  ]);

/** Those that are taken twice: one sentence each. */
function portProblems(ports: Taken): string[] {
  const takenBy = new Map<number, string>();
  const found: string[] = [];
  for (const [by, port] of ports) {
    const other = takenBy.get(port);
    if (other === undefined) takenBy.set(port, by);
    else found.push(`${by} is ${port}: ${other} has this port already; each needs its own.`);
  }
  return found;
}
