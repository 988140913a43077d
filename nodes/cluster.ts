import * as pulumi from "@pulumi/pulumi";
import { K3sAgent, podBridge, podOverlay, skew } from "../components/k3s";
import { NodeFirewall, type ClusterNetwork, type GuardedPort } from "../components/node-firewall";
import { Refusal } from "../components/refusal";
import { kubeletPort, overlayPort, type K3sAgentSettings } from "../settings";
import { addressesOf } from "../topology";
import type { StorageEndpoints } from "./endpoints";
import type { House } from "./house";

/** Ports that every member of the cluster has open: for the others, and what its pods serve for everybody. */
export function memberPorts(nodes: readonly string[], { openPorts }: K3sAgentSettings): GuardedPort[] {
  return [
    { name: "kubelet", port: kubeletPort, from: nodes },
    { name: "pod network", port: overlayPort, protocol: "udp", from: nodes },
    ...openPorts.flatMap((port) =>
      (["tcp", "udp"] as const).map((protocol) => ({
        name: "homelab-k3s.openPorts",
        port,
        protocol,
        from: "anyone" as const,
        servedBy: "pod" as const,
      })),
    ),
  ];
}

/** The cluster as its members' firewalls know it. */
export const clusterNetwork = (networks: readonly string[]): ClusterNetwork => ({
  bridge: podBridge,
  overlay: podOverlay,
  networks,
});

/** The node's firewall: ports of the cluster when it is a member, and `more`. */
export function guardPorts(
  { node, topology, settings }: House<"desktop"> | House<"compute">,
  endpoints: pulumi.Output<StorageEndpoints | undefined>,
  more: readonly GuardedPort[],
  opts: pulumi.ComponentResourceOptions,
): NodeFirewall {
  const { k3s, sshIdentity: identity } = settings;
  const members = addressesOf(topology);
  return new NodeFirewall(
    "firewall",
    {
      node,
      identity,
      members,
      ports: [...(k3s.enabled ? memberPorts(members, k3s) : []), ...more],
      ...(k3s.enabled
        ? {
            // Until storage hands them out, the pods' interfaces are closed all the same.
            cluster: pulumi.unsecret(
              endpoints.apply((known) => clusterNetwork(known?.CLUSTER_NETWORKS ?? [])),
            ),
          }
        : {}),
    },
    opts,
  );
}

/** Makes the node an agent of the cluster whose server is on storage, when its settings say so. */
export function joinCluster(
  { node, settings }: House<"desktop"> | House<"compute">,
  endpoints: pulumi.Output<StorageEndpoints | undefined>,
  opts: pulumi.ComponentResourceOptions,
): K3sAgent | undefined {
  const { k3s, sshIdentity: identity } = settings;
  if (!k3s.enabled) return undefined;
  const cluster = endpoints.apply((known) => (known === undefined ? undefined : clusterOf(known, node.name)));
  return new K3sAgent(
    "k3s",
    {
      node,
      settings: k3s,
      identity,
      server: cluster.apply((known) => {
        const wrong = known === undefined ? undefined : skew(k3s.version, known.version);
        if (wrong !== undefined) throw new Refusal(wrong);
        return known?.server ?? notYet;
      }),
      identifier: cluster.apply((known) => known?.identifier ?? notYet),
      token: cluster.apply((known) => known?.token ?? notYet),
      password: cluster.apply((known) => known?.password ?? notYet),
    },
    opts,
  );
}

/** Only in a preview before storage's first up. */
const notYet = "not-known-yet";

function clusterOf(known: StorageEndpoints, node: string) {
  const { K3S_URL: server, K3S_VERSION: version, k3sAgentToken: token, k3sNodePasswords } = known;
  const password = k3sNodePasswords?.[node];
  const identifier = known.CLUSTER_IDENTIFIER;
  if (
    server !== undefined &&
    version !== undefined &&
    identifier !== undefined &&
    token !== undefined &&
    password !== undefined
  ) {
    return { server, version, identifier, token, password };
  }
  throw new Refusal(
    `homelab:k3s.enabled is true on ${node}, but storage has no cluster: set it on storage too and run \`pulumi up --stack storage\` first.`,
  );
}
