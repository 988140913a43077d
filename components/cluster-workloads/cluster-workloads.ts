import * as pulumi from "@pulumi/pulumi";
import { Contents } from "../../provider/sdk/kubernetes";
import { clusterNamespace, type podsInCluster, type StorageValues } from "../../services";
import type { Node } from "../../topology";
import { childOptions } from "../child-options";
import { clusterSpace, DeclaredObjects, type Cluster } from "../k3s";
import { nothingKeptOn } from "../placement";
import { PodService } from "../pod-service";
import { declareDirectories } from "./directories";

/** One of them, as {@link podsInCluster} finds it. */
export type ClusterWorkload = ReturnType<typeof podsInCluster>[number];

export interface ClusterWorkloadsArgs {
  /** Where they run. One that keeps data is refused on an on-demand node. */
  node: Node;
  /** The workloads and pools of agents that run in the cluster: of services/. */
  workloads: readonly ClusterWorkload[];
  /** The cluster that the node is a member of. */
  cluster: Cluster;
  /** Secret. What storage hands out. */
  storage: pulumi.Input<StorageValues>;
  /** Passwords of the node's other services, by service, then by key. */
  services: Readonly<Record<string, Readonly<Record<string, pulumi.Input<string>>>>>;
  /** URLs of the node's ports, by their stack outputs. */
  urls: Readonly<Record<string, string>>;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/**
 * Workloads and pools of agents of one node that run in the cluster, as pods on that node: each is a PodService, in a
 * namespace of the node's. What is declared there is compared with the live cluster in every preview.
 */
export class ClusterWorkloads extends pulumi.ComponentResource {
  /** Passwords by workload, then by key: secrets. */
  readonly passwords: Readonly<Record<string, Readonly<Record<string, pulumi.Output<string>>>>>;

  constructor(name: string, args: ClusterWorkloadsArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, cluster, storage, urls } = args;
    const namespace = clusterNamespace(node);
    const declared = new DeclaredObjects();
    super(
      "homelab:index:ClusterWorkloads",
      name,
      // Of what each of them keeps it tells itself.
      { placement: nothingKeptOn(node) },
      { ...opts, transformations: [...(opts?.transformations ?? []), declared.collect] },
    );
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const { inCluster, inNamespace } = clusterSpace(name, cluster, namespace, options);

    const all: [string, PodService][] = [];
    for (const { name: own, service, own: settings, keeps, run } of args.workloads) {
      const child = `${name}-${own}`;
      const directories = declareDirectories(child, { ...args, run, keeps }, options());
      const secrets = service.secrets?.(settings);
      const credentials = service.credentials?.(settings);
      const declaredOne = new PodService(
        child,
        {
          ...{ node, run, keeps, namespace, inNamespace, inCluster, storage, urls },
          services: { ...args.services, ...Object.fromEntries(all.map(([of, one]) => [of, one.passwords])) },
          passwords: service.passwords?.(settings) ?? [],
          ...(secrets === undefined ? {} : { secrets }),
          ...(credentials === undefined ? {} : { credentials }),
          ...(run.more === undefined ? {} : { more: run.more }),
        },
        options(directories === undefined ? {} : { dependsOn: directories }),
      );
      all.push([own, declaredOne]);
    }
    new Contents(
      `${name}-contents`,
      { kubeconfig: cluster.kubeconfig, objects: declared.objects },
      options({ dependsOn: declared.resources }),
    );
    this.passwords = Object.fromEntries(all.map(([of, one]) => [of, one.passwords]));
    this.registerOutputs({});
  }
}
