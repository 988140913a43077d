import * as pulumi from "@pulumi/pulumi";
import { K3sAgent, skew } from "../components/k3s";
import { UserError } from "../components/user-error";
import type { StorageOutputs } from "./storage-outputs";
import type { StackContext } from "./run-stack";

/** Networks of the cluster that storage has; none before its first up. */
export const clusterNetworks = (endpoints: pulumi.Output<StorageOutputs | undefined>) =>
  pulumi.unsecret(endpoints.apply((known) => known?.CLUSTER_NETWORKS ?? []));

/** Makes the node an agent of the cluster whose server is on storage, when its settings say so. */
export function joinCluster(
  { node, topology, settings }: StackContext<"desktop"> | StackContext<"compute">,
  endpoints: pulumi.Output<StorageOutputs | undefined>,
  opts: pulumi.ComponentResourceOptions,
): K3sAgent | undefined {
  const { k3s, sshIdentity } = settings;
  if (!k3s.enabled) return undefined;
  const cluster = endpoints.apply((known) => (known === undefined ? undefined : clusterOf(known, node.name)));
  return new K3sAgent(
    "k3s",
    {
      node,
      settings: k3s,
      sshIdentity,
      server: cluster.apply((known) => {
        const wrong = known === undefined ? undefined : skew(k3s.version, known.version);
        if (wrong !== undefined) throw new UserError(wrong);
        return known?.server ?? notYet;
      }),
      serverByMesh: topology.nodes.storage.traffic,
      identifier: cluster.apply((known) => known?.identifier ?? notYet),
      token: cluster.apply((known) => known?.token ?? notYet),
      password: cluster.apply((known) => known?.password ?? notYet),
    },
    opts,
  );
}

/** Only in a preview before storage's first up. */
const notYet = "not-known-yet";

function clusterOf(known: StorageOutputs, node: string) {
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
  throw new UserError(
    `homelab:k3s.enabled is true on ${node}, but storage has no cluster: set it on storage too and run \`pulumi up --stack storage\` first.`,
  );
}
