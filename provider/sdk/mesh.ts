import * as pulumi from "@pulumi/pulumi";
import type { memberSchema } from "../../remote/mesh-member";
import type { policySchema } from "../../remote/mesh-policy";
import type { Args } from "./args";

export type MemberArgs = Args<typeof memberSchema, "authKey">;

/**
 * A node as a member of the mesh. What it is known by is kept in the state, encrypted: a node that was wiped comes back as
 * the member that it was, with its name and address.
 */
export class Member extends pulumi.CustomResource {
  /** Its addresses in the mesh, the one of IPv4 first. */
  declare readonly addresses: pulumi.Output<string[]>;
  constructor(name: string, args: MemberArgs, opts?: pulumi.CustomResourceOptions) {
    const { authKey = "", ...rest } = args;
    super(
      "homelab:mesh:Member",
      name,
      { ...rest, authKey: pulumi.secret(authKey), addresses: undefined, identity: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["identity"] }),
    );
  }
}

export type PolicyPartArgs = Args<typeof policySchema>;

/** One node's part of headscale's policy, which is all parts together. */
export class PolicyPart extends pulumi.CustomResource {
  constructor(name: string, args: PolicyPartArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:mesh:PolicyPart", name, { ...args }, opts);
  }
}
