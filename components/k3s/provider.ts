import type * as pulumi from "@pulumi/pulumi";
// Of the package's modules only those that are used: all of them take seconds to load.
import { Provider, type ProviderArgs } from "@pulumi/kubernetes/provider";

/** What is needed to work with the cluster: of {@link K3sEndpoints}, or of what storage hands to the other stacks. */
export interface Cluster {
  /** Secret: everything may be done with it. */
  readonly kubeconfig: pulumi.Input<string>;
  /** The same for as long as it is the same cluster: objects are made anew when it changes. */
  readonly identifier: pulumi.Input<string>;
}

/**
 * The Kubernetes provider for the house's cluster.
 * @param mutable whether a changed ConfigMap or Secret stays the same object. @default a changed one is made anew
 */
export function clusterProvider(
  name: string,
  cluster: Cluster,
  opts: pulumi.CustomResourceOptions,
  mutable: Pick<ProviderArgs, "enableConfigMapMutable" | "enableSecretMutable"> = {},
): Provider {
  return new Provider(
    name,
    {
      kubeconfig: cluster.kubeconfig,
      clusterIdentifier: cluster.identifier,
      // A cluster that is off is a state: a refresh keeps what is known of it.
      skipUpdateUnreachable: true,
      // Everything can be run again: what a run that was cut off has made is taken over.
      upsertExistingObjects: true,
      ...mutable,
    },
    opts,
  );
}
