import * as pulumi from "@pulumi/pulumi";

/** An object of the cluster: whole, or only what names it. */
export interface ClusterObject {
  readonly apiVersion: pulumi.Input<string>;
  readonly kind: pulumi.Input<string>;
  readonly metadata: pulumi.Input<object>;
  readonly [key: string]: unknown;
}

export interface ContentsArgs {
  /** Secret: the one that the Kubernetes provider of these objects has. */
  kubeconfig: pulumi.Input<string>;
  /** Those with more than their name are compared whole, and put right by an up; of the others it is seen that they are there. */
  objects: pulumi.Input<pulumi.Input<ClusterObject>[]>;
  /** How long an up waits for the API, seconds. @default 60 */
  timeoutSeconds?: number;
}

/**
 * What a stack declares in a cluster, compared with the live one in every preview: the official plugin compares with the
 * state, and says "no changes" also while the API does not answer. Give it the objects' resources as `dependsOn`.
 */
export class Contents extends pulumi.CustomResource {
  constructor(name: string, args: ContentsArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:kubernetes:Contents", name, { ...args, kubeconfig: pulumi.secret(args.kubeconfig) }, opts);
  }
}
