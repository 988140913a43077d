import * as pulumi from "@pulumi/pulumi";
import { Image, Secret, Unit } from "../../provider/sdk/remote";
import type { SeaweedfsCopySettings } from "../../services";
import { connectionOf, houseAddress, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { watched } from "../health-watch";
import { unchanged } from "../images/unchanged";
import { persistentOn } from "../placement";
import { declarePeerSecrets } from "./peer-secrets";
import { container, dataOwner, healthUrl, identitiesSecret, seaweedQuadlet, service } from "./seaweed-unit";

export interface SeaweedCopyArgs {
  /** Where it runs. It keeps data, so an on-demand node does not compile. */
  node: Node<"always-on">;
  /**
   * `homelab:seaweedfsCopy`: image, ports, data directory, memory.
   * @see services/seaweedfs-copy.ts
   */
  settings: SeaweedfsCopySettings;
  /** What the node that leads hands out. All but the master is secret. */
  given: pulumi.Output<{
    /** `host:port` of the master that it follows. */
    readonly master: string;
    /** Whom it serves. */
    readonly identities: string;
    /** By what the two know each other. */
    readonly password: string;
  }>;
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
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const connection = connectionOf(node, args.sshIdentity);
    const image = new Image(
      `${name}-image`,
      { connection, ...unchanged("seaweedfs", settings.image) },
      options(),
    );
    const known = new Secret(
      `${name}-identities-secret`,
      { connection, name: identitiesSecret, value: given.apply(({ identities }) => identities) },
      options(),
    );
    const peers = declarePeerSecrets(
      name,
      connection,
      given.apply(({ password }) => password),
      options,
    );
    const master = pulumi.unsecret(given.apply((all) => all.master));
    this.unit = new Unit(
      `${name}-unit`,
      {
        connection,
        service,
        files: [
          {
            path: `/etc/containers/systemd/${container}.container`,
            content: pulumi
              .all([image.reference, master])
              .apply(([built, follows]) =>
                seaweedQuadlet(settings, built, { node: node.name, address: houseAddress(node), follows }),
              ),
          },
          watched({
            service,
            health: { http: healthUrl(settings) },
            ill: "restart",
            startSeconds: 150,
            keeps: [settings.dataDirectory],
          }),
        ],
        directories: [{ path: settings.dataDirectory, mode: "0700", owner: dataOwner }],
        restartOn: { image: image.imageId, identities: known.fingerprint, ...peers },
        health: { http: healthUrl(settings), timeoutSeconds: 150 },
        keeps: [settings.dataDirectory],
      },
      options({ dependsOn: [image, known] }),
    );
    this.registerOutputs({});
  }
}
