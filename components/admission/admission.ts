import * as pulumi from "@pulumi/pulumi";
import { ValidatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy";
import { ValidatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding";
import type { AdmissionRule } from "../../policies/admission";
import type { Node } from "../../topology";
import { Contents } from "../../provider/sdk/kubernetes";
import { childOptions } from "../child-options";
import { clusterProvider, type Cluster } from "../k3s";
import { nothingKeptOn } from "../placement";

export interface AdmissionArgs {
  /** The node whose server has the cluster's API; the rules are kept with the cluster's state there. */
  node: Node;
  /** The cluster that is held to them: its provider and identifier. */
  cluster: Cluster;
  /** What is refused, see policies/admission. */
  rules: readonly AdmissionRule[];
}

/**
 * Written as one and the same whichever stack writes, so that rules which outlived the stack (see {@link Admission}) are
 * taken over whole; and what somebody changed by hand is put right.
 * @see https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 */
const annotations = { "pulumi.com/patchFieldManager": "homelab", "pulumi.com/patchForce": "true" };

/**
 * The placement rule in the cluster itself: kubectl, Helm and operators are held to it.
 *
 * Give it the server's `generation` as `deletedWith`: removed together with the server, the rules stay in the cluster's
 * state, so that they are in force from its first moment when it is set up again, and nothing is asked of a cluster that is
 * gone or has become another.
 */
export class Admission extends pulumi.ComponentResource {
  constructor(name: string, args: AdmissionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:index:Admission", name, { placement: nothingKeptOn(args.node) }, opts);
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const provider = clusterProvider(`${name}-cluster`, args.cluster, options());
    const rules = args.rules.map(({ title, policy, binding }) => ({
      title,
      policy: { ...policy, metadata: { ...policy.metadata, annotations } },
      binding: { ...binding, metadata: { ...binding.metadata, annotations } },
    }));
    const made = rules.flatMap(({ title, policy, binding }) => {
      const written = new ValidatingAdmissionPolicy(`${name}-${title}`, policy, options({ provider }));
      return [
        written,
        new ValidatingAdmissionPolicyBinding(
          `${name}-${title}-binding`,
          binding,
          options({ provider, dependsOn: written }),
        ),
      ];
    });
    new Contents(
      `${name}-contents`,
      {
        kubeconfig: args.cluster.kubeconfig,
        objects: rules.flatMap(({ policy, binding }) => [policy, binding]),
      },
      options({ dependsOn: made }),
    );
    this.registerOutputs({});
  }
}
