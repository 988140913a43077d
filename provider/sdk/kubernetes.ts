import * as pulumi from "@pulumi/pulumi";
import type { contentsSchema } from "../handlers/kubernetes/contents";
import type { objectSchema } from "../handlers/kubernetes/objects";
import type { Args } from "./args";

/** An object of the cluster: whole, or only what names it. */
export type ClusterObject = Args<typeof objectSchema, "apiVersion" | "kind" | "metadata">;

export type ContentsArgs = Args<typeof contentsSchema, "kubeconfig" | "objects">;

/**
 * What a stack declares in a cluster, compared with the live one in every preview: the official plugin compares with the
 * state, and says "no changes" also while the API does not answer. Give it the objects' resources as `dependsOn`.
 */
export class Contents extends pulumi.CustomResource {
  constructor(name: string, args: ContentsArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:kubernetes:Contents", name, { ...args, kubeconfig: pulumi.secret(args.kubeconfig) }, opts);
  }
}
