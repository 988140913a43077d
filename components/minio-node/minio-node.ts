import * as pulumi from "@pulumi/pulumi";
import { Image, Unit } from "../../provider/sdk/remote";
import { imageReference } from "../../remote/image-reference";
import type { DeclaredStore, MinioSettings } from "../../services";
import { connectionOf, hostPort, houseAddress, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { watched } from "../health-watch";
import { rootSecrets, rootUser, type ObjectStoreEndpoints } from "../object-store";
import { unchanged } from "../images/unchanged";
import { persistentOn } from "../placement";
import { healthUrl, minioQuadlet, rootPasswordSecret, rootUserSecret, service } from "./minio-unit";
import { objectStore } from "./s3";

export interface MinioNodeArgs {
  /** Where it runs. It keeps data, so an on-demand node does not compile. */
  node: Node<"always-on">;
  /**
   * `homelab:minio`: image, ports, data directory, buckets and users.
   * @see services/minio.ts
   */
  settings: MinioSettings;
  /** Buckets and users, where they are declared for whichever engine there is. @default those of `settings` */
  declared?: DeclaredStore;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
  /** Address by which this run reaches its API. @default the node's own */
  askedAt?: string;
  /** Names of buckets that are in the data directory already; these are taken over. @default none */
  existing?: readonly string[];
}

/** How to reach MinIO. */
export interface MinioEndpoints extends ObjectStoreEndpoints {
  /** URL of the console. */
  readonly console: string;
}

/**
 * MinIO as a systemd quadlet, with buckets, and a user with its own policy for each consumer. Removing any of it
 * leaves the objects in `settings.dataDirectory`.
 */
export class MinioNode extends pulumi.ComponentResource {
  readonly endpoints: MinioEndpoints;
  readonly unit: Unit;
  /** Whole reference of the image that it runs with, which holds MinIO's client too. Known before the image is there. */
  readonly image: string;

  constructor(name: string, args: MinioNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const settings = { ...args.settings, ...args.declared };
    const { node } = args;
    super(
      "homelab:index:MinioNode",
      name,
      { placement: persistentOn(node, "MinioNode", [settings.dataDirectory]) },
      opts,
    );
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const connection = connectionOf(node, args.sshIdentity);

    const built = unchanged("minio", settings.image);
    this.image = imageReference(built);
    const image = new Image(`${name}-image`, { connection, ...built }, options());
    const { user: userSecret, password: passwordSecret } = rootSecrets(
      name,
      { connection, user: rootUserSecret, password: rootPasswordSecret },
      options,
    );
    const health = { http: healthUrl(settings) };
    this.unit = new Unit(
      `${name}-unit`,
      {
        connection,
        service,
        files: [
          {
            path: "/etc/containers/systemd/minio.container",
            content: image.reference.apply((built) => minioQuadlet(settings, built)),
          },
          watched({ service, health, ill: "restart", startSeconds: 90, keeps: [settings.dataDirectory] }),
        ],
        directories: [{ path: settings.dataDirectory, mode: "0700" }],
        restartOn: {
          image: image.imageId,
          "root user": userSecret.fingerprint,
          "root password": passwordSecret.fingerprint,
        },
        health: { ...health, timeoutSeconds: 90 },
        keeps: [settings.dataDirectory],
      },
      options({ dependsOn: [image, userSecret, passwordSecret] }),
    );

    const at = houseAddress(node);
    this.endpoints = {
      endpoint: `http://${hostPort(at, settings.apiPort)}`,
      console: `http://${hostPort(at, settings.consolePort)}`,
      buckets: Object.keys(settings.buckets),
      users: objectStore(name, {
        connection,
        server: hostPort(args.askedAt ?? node.address, settings.apiPort),
        user: rootUser,
        password: passwordSecret.effective,
        settings,
        existing: args.existing ?? [],
        engine: this.unit,
        options,
      }),
    };
    this.registerOutputs({ endpoints: this.endpoints });
  }
}
