import * as pulumi from "@pulumi/pulumi";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace";
import { clusterProvider, type Cluster } from "./provider";

/** How a component declares what it has in the cluster. */
export interface ClusterSpace {
  /** Options of what belongs to the cluster as a whole, and goes with it. */
  readonly inCluster: pulumi.CustomResourceOptions;
  /** Options of what is in the namespace, and goes with that. */
  readonly inNamespace: pulumi.CustomResourceOptions;
}

/**
 * A namespace in the cluster for what a component declares, with a provider of its own.
 * @param name of the component, with which the names of both begin.
 * @param options of its children.
 */
export function clusterSpace(
  name: string,
  { kubeconfig, identifier, generation }: Cluster,
  namespace: string,
  options: (own?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions,
): ClusterSpace {
  const provider = clusterProvider(
    `${name}-cluster`,
    { kubeconfig: pulumi.secret(kubeconfig), identifier },
    options(),
    // By name, so that a changed one is the same one; what uses it is restarted by an annotation.
    { enableConfigMapMutable: true, enableSecretMutable: true },
  );
  const inCluster = { provider, ...(generation === undefined ? {} : { deletedWith: generation }) };
  const inside = new Namespace(`${name}-namespace`, { metadata: { name: namespace } }, options(inCluster));
  return { inCluster, inNamespace: { provider, dependsOn: [inside], deletedWith: inside } };
}
