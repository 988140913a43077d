import * as pulumi from "@pulumi/pulumi";
import { ClusterWorkloads } from "../components/cluster-workloads";
import { ComputeNode } from "../components/compute-node";
import { reference } from "../components/images/reference";
import type { Cluster, K3sAgent } from "../components/k3s";
import { partOf, type StorageOutputs } from "./storage-outputs";
import type { StackContext } from "./run-stack";
import { podsInCluster, portsOf, quadletsOn, urlsOf, type StorageValues } from "../services";
import { QuadletService } from "../components/quadlet-service";

const noCluster =
  "homelab:k3s.enabled is true, but storage has no cluster: set it on storage too and run `pulumi up --stack storage` first.";

/** What runs on compute in the cluster, when its settings say so. */
export function runServices(
  { node, settings }: StackContext<"compute">,
  endpoints: pulumi.Output<StorageOutputs | undefined>,
  agent: K3sAgent,
): void {
  if (!settings.compute.enabled) return;
  new ComputeNode(
    "compute",
    {
      node,
      settings: settings.compute,
      sshIdentity: settings.sshIdentity,
      cluster: clusterOfAgent(endpoints, agent),
      storage: storageValues(endpoints),
    },
    { dependsOn: agent },
  );
}

/** The cluster as a node that joins it knows it. */
const clusterOfAgent = (
  endpoints: pulumi.Output<StorageOutputs | undefined>,
  { generation }: K3sAgent,
): Cluster => ({
  kubeconfig: partOf(endpoints, ({ kubeconfig }) => kubeconfig, noCluster),
  identifier: pulumi.unsecret(partOf(endpoints, ({ CLUSTER_IDENTIFIER }) => CLUSTER_IDENTIFIER, noCluster)),
  generation,
});

/** The cluster, and what must be there before pods begin on the node. */
export interface MemberOf {
  readonly cluster: Cluster;
  readonly dependsOn: pulumi.Resource;
}

/** Of a node that joins it. */
export const memberOf = (
  endpoints: pulumi.Output<StorageOutputs | undefined>,
  agent: K3sAgent | undefined,
): MemberOf | undefined =>
  agent === undefined ? undefined : { cluster: clusterOfAgent(endpoints, agent), dependsOn: agent };

type Passwords = Readonly<Record<string, Readonly<Record<string, pulumi.Output<string>>>>>;

/**
 * The node's services that no component of their own runs: all of services/ that are switched on and say how they run, as
 * quadlets or in the cluster.
 * @param cluster that the node is a member of, with what must be there before pods begin. Undefined where it is none
 * @param others passwords of services that a component of their own runs
 * @returns the quadlets that were declared, by service, and all passwords as a stack output.
 */
export function runOwn(
  context: StackContext,
  storage: pulumi.Output<StorageValues>,
  opts: pulumi.ComponentResourceOptions,
  cluster: MemberOf | undefined,
  others: Passwords = {},
): { readonly declared: Readonly<Record<string, QuadletService>>; readonly outputs: pulumi.Inputs } {
  const declared = runQuadlets(context, storage, opts);
  const quadlets: Passwords = Object.fromEntries(
    Object.entries(declared).map(([name, { passwords }]) => [name, passwords]),
  );
  // They come last: they may ask for what the others have.
  const pods = cluster === undefined ? {} : runPods(context, storage, opts, cluster, quadlets);
  const some = Object.entries({ ...quadlets, ...pods, ...others }).filter(
    ([, own]) => Object.keys(own).length > 0,
  );
  return {
    declared,
    outputs: some.length === 0 ? {} : { passwords: pulumi.secret(Object.fromEntries(some)) },
  };
}

function runQuadlets(
  { node, settings, topology }: StackContext,
  storage: pulumi.Output<StorageValues>,
  opts: pulumi.ComponentResourceOptions,
): Readonly<Record<string, QuadletService>> {
  const urls = urlsOf(node, portsOf(node.name, settings), node);
  const all: [string, QuadletService][] = [];
  // Workloads come last: they may ask for what the others have.
  for (const { name, service, own, keeps, run } of quadletsOn({ node, topology }, settings)) {
    const declared = new QuadletService(
      name,
      {
        ...{ node, run, keeps, storage, urls, sshIdentity: settings.sshIdentity },
        services: Object.fromEntries(all.map(([other, of]) => [other, of.passwords])),
        passwords: service.passwords?.(own) ?? [],
        secrets: service.secrets?.(own) ?? {},
      },
      opts,
    );
    all.push([name, declared]);
  }
  return Object.fromEntries(all);
}

function runPods(
  { node, settings }: StackContext,
  storage: pulumi.Output<StorageValues>,
  opts: pulumi.ComponentResourceOptions,
  { cluster, dependsOn }: MemberOf,
  services: Passwords,
): Passwords {
  const workloads = podsInCluster(node, settings, (image) => reference(image));
  if (workloads.length === 0) return {};
  const urls = urlsOf(node, portsOf(node.name, settings), node);
  return new ClusterWorkloads(
    "pods",
    { node, workloads, cluster, storage, services, urls, sshIdentity: settings.sshIdentity },
    pulumi.mergeOptions(opts, { dependsOn }),
  ).passwords;
}

/** What services are given of storage. */
export const storageValues = (endpoints: pulumi.Output<StorageOutputs | undefined>) =>
  partOf(endpoints, ({ dsns, S3_ENDPOINT, s3, passwords }): StorageValues => ({
    ...{ dsns, s3Endpoint: S3_ENDPOINT, s3 },
    ...(passwords === undefined ? {} : { passwords }),
  }));
