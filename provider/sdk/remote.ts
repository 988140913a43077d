import * as pulumi from "@pulumi/pulumi";
import type { imageArgs } from "../../remote/image";
import type { releaseSchema } from "../../remote/release";
import type { secretSchema } from "../../remote/secret";
import type { secretFileSchema } from "../../remote/secret-file";
import type { fileSchema, healthSchema, unitSchema } from "../../remote/unit/spec";
import type { hostSchema } from "../handlers/remote/host";
import type { Args } from "./args";
import type { HostFacts } from "../../remote/host";

/** A file that a unit needs on the node. */
export type ManagedFileArgs = Args<typeof fileSchema, "content">;

/** How to know that a unit works: exactly one of `exec`, `http`, `tcp`. Tried until it holds or the time is over. */
export type HealthArgs = Args<typeof healthSchema>;

export type UnitArgs = Args<typeof unitSchema, "files" | "restartOn">;

/**
 * A systemd unit (quadlet or plain) with its files, applied as one: put in place atomically, verified, restarted or
 * reloaded only when something it uses changed, and put back when the new one does not come up healthy.
 */
export class Unit extends pulumi.CustomResource {
  /** Content hash of everything that decides how the unit runs. */
  declare readonly hash: pulumi.Output<string>;
  constructor(name: string, args: UnitArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:remote:Unit", name, { ...args, hash: undefined }, opts);
  }
}

export type ImageArgs = Args<typeof imageArgs, "containerfile">;

/** An image built on the node by podman from a Containerfile; the tag is a hash of what it is made from. */
export class Image extends pulumi.CustomResource {
  /** `repository:hash`, to be used in a quadlet with `Pull=never`. Known before the build. */
  declare readonly reference: pulumi.Output<string>;
  /** The image's id as podman knows it. */
  declare readonly imageId: pulumi.Output<string>;
  constructor(name: string, args: ImageArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:remote:Image", name, { ...args, reference: undefined, imageId: undefined }, opts);
  }
}

export type SecretArgs = Args<typeof secretSchema, "value">;

/** A podman secret on the node. */
export class Secret extends pulumi.CustomResource {
  /** Secret: the value that the node has, which is another than the declared one where it was taken over. */
  declare readonly effective: pulumi.Output<string>;
  /** Changes whenever the value does, and tells nothing about it: for `restartOn`. */
  declare readonly fingerprint: pulumi.Output<string>;
  constructor(name: string, args: SecretArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "homelab:remote:Secret",
      name,
      { ...args, value: pulumi.secret(args.value), effective: undefined, fingerprint: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["effective"] }),
    );
  }
}

export type ReleaseArgs = Args<typeof releaseSchema>;

/**
 * Files of a release on the node, checked against the release's checksum file, which is fetched with them. The version
 * before stays, so that a unit whose new version does not come up can go back.
 */
export class Release extends pulumi.CustomResource {
  /** SHA-256 by file name, as the release said and the node has. */
  declare readonly sums: pulumi.Output<Record<string, string>>;
  constructor(name: string, args: ReleaseArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:remote:Release", name, { ...args, sums: undefined }, opts);
  }
}

export type HostArgs = Args<typeof hostSchema>;

/** What a node is: asked when it is made, and looked at again in every preview. */
export class Host extends pulumi.CustomResource {
  declare readonly facts: pulumi.Output<HostFacts>;
  constructor(name: string, args: HostArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:remote:Host", name, { ...args, facts: undefined }, opts);
  }
}

export type SecretFileArgs = Args<typeof secretFileSchema, "readAgainOn">;

/** What a program on the node wrote to a file for its clients, such as a kubeconfig. Only read, never written or removed. */
export class SecretFile extends pulumi.CustomResource {
  /** Secret. */
  declare readonly content: pulumi.Output<string>;
  declare readonly fingerprint: pulumi.Output<string>;
  constructor(name: string, args: SecretFileArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "homelab:remote:SecretFile",
      name,
      { ...args, content: undefined, fingerprint: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["content"] }),
    );
  }
}
