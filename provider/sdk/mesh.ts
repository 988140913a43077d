import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../../remote/connection-args";

/** Where headscale runs. */
export interface CoordinatorArgs {
  /** How to reach its node over SSH. */
  connection: ConnectionArgs;
  /** Name of its container; its unit has the same. */
  container: string;
}

export interface MemberArgs {
  /** How to reach the node over SSH. */
  connection: ConnectionArgs;
  /** Name of tailscaled's container; its unit has the same. */
  container: string;
  /** File on the node in which tailscaled keeps what it is known by. */
  stateFile: string;
  /** URL of the coordination server; empty: Tailscale's own. */
  server: string;
  /** Name in the mesh. */
  hostname: string;
  /** Its tag, which says what it may reach: `tag:storage`. */
  tag: string;
  /** Auth key or secret of an OAuth client, where Tailscale's service coordinates. @default none */
  authKey?: pulumi.Input<string>;
  /** headscale, which makes the key when the node joins. @default Tailscale's service */
  coordinator?: CoordinatorArgs;
  /** The address that the topology says it has. @default any */
  address?: string;
  /** How long joining may take, seconds. @default 30 */
  timeoutSeconds?: number;
}

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

export interface PolicyPartArgs {
  /** headscale, whose policy it is a part of. */
  coordinator: CoordinatorArgs;
  /** Node whose ports these are. */
  node: string;
  /** Its tag. */
  tag: string;
  /** Who may give a machine which tag. */
  owners: Record<string, string[]>;
  /** Who may reach which of its ports. */
  grants: { src: string[]; dst: string[]; ip: string[] }[];
  /** What must hold, or the policy is refused and the former one stays. */
  tests: { src: string; accept?: string[]; deny?: string[] }[];
}

/** One node's part of headscale's policy, which is all parts together. */
export class PolicyPart extends pulumi.CustomResource {
  constructor(name: string, args: PolicyPartArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:mesh:PolicyPart", name, { ...args }, opts);
  }
}
