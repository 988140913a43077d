import * as pulumi from "@pulumi/pulumi";
import type { Unit } from "../../provider/sdk/remote";
import type { SeaweedfsCopySettings } from "../../services";
import { connectionOf, houseAddress, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { persistentOn } from "../placement";
import { declareSeaweed } from "./run";
import { healthUrl } from "./seaweed-unit";

/** What the node that leads hands out to the one that keeps the second copy. All but the master is secret. */
export interface CopyGiven {
  /** `host:port` of the master that it follows. */
  readonly master: string;
  /** Whom it serves: identities and policies. */
  readonly identities: string;
  /** By what the two know each other. */
  readonly password: string;
}

export interface SeaweedCopyArgs {
  /** Where it runs. It keeps data, so an on-demand node does not compile. */
  node: Node<"always-on">;
  /**
   * `homelab:seaweedfsCopy`: image, ports, data directory, memory.
   * @see services/seaweedfs-copy.ts
   */
  settings: SeaweedfsCopySettings;
  /** What the node that leads hands out. */
  given: pulumi.Output<CopyGiven>;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/**
 * The second copy of what a SeaweedNode keeps, on another node: a volume server and a filer of its own, which follow that one's
 * master, and S3 with the same users. Removing it leaves the objects in `settings.dataDirectory`.
 */
export class SeaweedCopy extends pulumi.ComponentResource {
  readonly unit: Unit;

  constructor(name: string, args: SeaweedCopyArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, settings, given } = args;
    super(
      "homelab:index:SeaweedCopy",
      name,
      { placement: persistentOn(node, "SeaweedCopy", [settings.dataDirectory]) },
      opts,
    );
    const peer = pulumi.unsecret(given.apply(({ master }) => master)).apply((follows) => ({
      ...{ node: node.name, address: houseAddress(node), follows },
      other: follows.slice(0, follows.lastIndexOf(":")).replace(/^\[|\]$/g, ""),
    }));
    this.unit = declareSeaweed(
      name,
      {
        ...{ connection: connectionOf(node, args.sshIdentity), settings },
        identities: given.apply(({ identities }) => identities),
        pair: { peer, password: given.apply(({ password }) => password) },
        health: { http: healthUrl(settings), timeoutSeconds: 150 },
      },
      (own) => childOptions(this, opts, own),
    );
    this.registerOutputs({});
  }
}
