import { stringify } from "yaml";
import { meshInterface, type K3sAgentSettings, type K3sServerSettings } from "../../services";
import { houseAddress, lifecycleKey, type Node } from "../../topology";
import { agentTokenFile, ownAgentTokenFile } from "./layout";

/** Only what says that it may vanish with its node is put on an on-demand one. */
const onDemandTaint = `${lifecycleKey}=on-demand:NoSchedule`;

/**
 * The server's address for agents and clients: the LAN's, also where the house's traffic goes by the mesh. Who works with
 * the cluster need not be a member, and an agent must get its settings where tailscaled is not up. One that does not reach it
 * there begins by the mesh (scripts/find-server.sh). Once it runs, K3s goes to the address that the server tells of itself, and
 * back to the one by which it began only while that does not answer.
 */
export function serverUrl(address: string, port: number): string {
  return `https://${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/** What the kubelet of each node is told, and what it tells the server of its node. */
function member(node: Node, dataDirectory: string) {
  return {
    "data-dir": dataDirectory,
    "node-name": node.name,
    "node-ip": houseAddress(node),
    // Where that is an address in the mesh, pods of different nodes speak by the mesh as well.
    ...(node.traffic === undefined ? {} : { "flannel-iface": meshInterface }),
    "node-label": [`${lifecycleKey}=${node.lifecycle}`],
    ...(node.lifecycle === "on-demand" ? { "node-taint": [onDemandTaint] } : {}),
    // Five signs of life within the shortest grace, so that one lost packet is no lost node.
    "kubelet-arg": ["node-status-update-frequency=4s"],
  };
}

/**
 * The text of config.yaml on the server. Secrets are in files of their own.
 * @see https://docs.k3s.io/cli/server
 */
export function serverConfig(node: Node, settings: K3sServerSettings): string {
  const patience = settings.evictAfterSeconds;
  return yaml({
    ...member(node, settings.dataDirectory),
    // K3s makes the cluster's own token and keeps it with its state, which is encrypted with it.
    "agent-token-file": ownAgentTokenFile(settings.dataDirectory),
    "advertise-address": houseAddress(node),
    "https-listen-port": settings.apiPort,
    "tls-san": [...new Set([node.address, houseAddress(node), node.name])],
    "cluster-cidr": settings.podNetwork,
    "service-cidr": settings.serviceNetwork,
    "secrets-encryption": true,
    "write-kubeconfig-mode": "0600",
    ...(settings.disable.length === 0 ? {} : { disable: [...settings.disable].sort() }),
    "kube-apiserver-arg": [
      `default-not-ready-toleration-seconds=${patience}`,
      `default-unreachable-toleration-seconds=${patience}`,
    ],
    "kube-controller-manager-arg": [
      `node-monitor-grace-period=${settings.nodeGraceSeconds}s`,
      "node-monitor-period=2s",
    ],
  });
}

/**
 * The text of config.yaml on an agent.
 * @param server see {@link serverUrl}.
 * @see https://docs.k3s.io/cli/agent
 */
export function agentConfig(node: Node, settings: K3sAgentSettings, server: string): string {
  return yaml({ ...member(node, settings.dataDirectory), server, "token-file": agentTokenFile });
}

/** Keys in order, so that a diff shows what changed. */
function yaml(values: Readonly<Record<string, unknown>>): string {
  return `# Written by Pulumi: changes made here are put back.\n${stringify(values, { sortMapEntries: true })}`;
}
