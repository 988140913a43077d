import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
// Of the package's modules only those that are used: all of them take seconds to load.
import { Provider, type ProviderArgs } from "@pulumi/kubernetes/provider";
import type { ClusterObject } from "../../provider/sdk/kubernetes";

/** What is needed to work with the cluster: of {@link K3sEndpoints}, or of what storage hands to the other stacks. */
export interface Cluster {
  /** Secret: everything may be done with it. */
  readonly kubeconfig: pulumi.Input<string>;
  /** The same for as long as it is the same cluster: objects are recreated when it changes. */
  readonly identifier: pulumi.Input<string>;
  /** See {@link clusterGeneration}. @default objects are deleted one by one, also from a cluster that is gone */
  readonly generation?: pulumi.Resource;
}

/**
 * Stands for this one cluster in the state, and is replaced when another takes its place. Objects that have it as
 * `deletedWith` go with their cluster: nothing is asked of one that is gone. Where they are removed and the cluster stays,
 * they are deleted as usual.
 */
export function clusterGeneration(
  name: string,
  identifier: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  return new random.RandomId(name, { byteLength: 4, keepers: { cluster: identifier } }, opts);
}

/**
 * The Kubernetes provider for the house's cluster.
 * @param mutable whether a changed ConfigMap or Secret stays the same object. @default a changed one is recreated
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
      // Everything can be run again: what a run that was cut off has made is taken over, whatever it was given then. The server
      // knows its fields by a name that is in no state, and would hold them for ever.
      upsertExistingObjects: true,
      enablePatchForce: true,
      ...mutable,
    },
    opts,
  );
}

/** The objects of the cluster that a component declares, collected while it does so. */
export class DeclaredObjects {
  readonly objects: pulumi.Input<ClusterObject>[] = [];
  readonly resources: pulumi.Resource[] = [];

  /** For the component's `transformations`. */
  readonly collect: pulumi.ResourceTransformation = ({ type, resource, props }) => {
    if (!type.startsWith("kubernetes:")) return undefined;
    this.resources.push(resource);
    // As they are given: what is secret in them stays secret, and nothing else becomes so.
    this.objects.push(props as ClusterObject);
    return undefined;
  };
}
