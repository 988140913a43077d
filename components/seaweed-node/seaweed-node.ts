import * as pulumi from "@pulumi/pulumi";
import { Image, type Unit } from "../../provider/sdk/remote";
import { SeaweedContents } from "../../provider/sdk/seaweedfs";
import { imageReference } from "../../remote/image-reference";
import { seaweedfsParts, type DeclaredStore, type SeaweedfsSettings } from "../../services";
import { connectionOf, hostPort, houseAddress, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { unchanged } from "../images/unchanged";
import { rootSecrets, rootUser, userSecretName, type ObjectStoreEndpoints } from "../object-store";
import { password } from "../password";
import { persistentOn } from "../placement";
import { identities } from "./identities";
import { peerPasswordSecret } from "./peer-secrets";
import { declareSeaweed } from "./run";
import type { CopyGiven } from "./seaweed-copy";
import {
  canWrite,
  container,
  once,
  rootPasswordSecret,
  rootUserSecret,
  service,
  twice,
} from "./seaweed-unit";

export interface SeaweedNodeArgs {
  /** Where it runs. It keeps data, so an on-demand node does not compile. */
  node: Node<"always-on">;
  /**
   * `homelab:seaweedfs`: image, ports, data directory, memory.
   * @see services/seaweedfs.ts
   */
  settings: SeaweedfsSettings;
  /** Buckets and users, in terms of S3. */
  declared: Pick<DeclaredStore, "buckets" | "users">;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
  /** Image that holds MinIO's client, by which the backup copies the buckets: whole reference. */
  clientImage: string;
  /** Address by which this run reaches its API. @default the node's own */
  askedAt?: string;
  /** The node that keeps the second copy. It takes part where `settings.copy` is not `off`. */
  copyOn: Node;
}

/**
 * SeaweedFS as a systemd quadlet, with buckets, and an identity with its own policy for each consumer. Removing any of it
 * leaves the objects in `settings.dataDirectory`.
 */
export class SeaweedNode extends pulumi.ComponentResource {
  readonly endpoints: ObjectStoreEndpoints;
  readonly unit: Unit;
  /** Whole reference of the image with MinIO's client on the node. Known before the image is there. */
  readonly clientImage: string;
  /** Secret. For the node that keeps the second copy, where it takes part. */
  readonly copyGiven: pulumi.Output<CopyGiven> | undefined;

  constructor(name: string, args: SeaweedNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, settings, declared } = args;
    super(
      "homelab:index:SeaweedNode",
      name,
      { placement: persistentOn(node, "SeaweedNode", [settings.dataDirectory]) },
      opts,
    );
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const connection = connectionOf(node, args.sshIdentity);

    const client = unchanged("minio-client", args.clientImage);
    this.clientImage = imageReference(client);
    new Image(`${name}-client-image`, { connection, ...client }, options());
    const rootPassword = rootSecrets(
      name,
      { connection, user: rootUserSecret, password: rootPasswordSecret },
      options,
    ).password.effective;
    const users = Object.entries(declared.users).map(([user, consumer]) => ({
      ...{ user, consumer },
      secretKey: password(
        `${name}-user-${user}-secret`,
        { connection, name: userSecretName(user) },
        // As the objects do: another engine, or another stack, serves them with the same keys.
        options({ retainOnDelete: true }),
      ),
    }));
    const versioned = Object.keys(declared.buckets).filter((bucket) => declared.buckets[bucket]?.versioned);
    const served = pulumi.secret(
      pulumi
        .all([rootPassword, pulumi.all(users.map(({ secretKey }) => secretKey))])
        .apply(([secretKey, keys]) =>
          identities(
            { user: rootUser, secretKey },
            Object.fromEntries(
              users.map(({ user, consumer }, i) => [user, { ...consumer, secretKey: keys[i] ?? "" }]),
            ),
            versioned,
          ),
        ),
    );
    const address = houseAddress(node);
    const required = settings.copy === "required";
    const pair =
      settings.copy === "off"
        ? undefined
        : {
            peer: { ...{ node: node.name, address, required }, other: houseAddress(args.copyOn) },
            password: password(
              `${name}-peer`,
              { connection, name: peerPasswordSecret },
              options({ retainOnDelete: true }),
            ),
          };
    this.copyGiven =
      pair === undefined
        ? undefined
        : pulumi.secret({
            master: hostPort(address, seaweedfsParts.master),
            ...{ identities: served, password: pair.password },
          });
    this.unit = declareSeaweed(
      name,
      {
        ...{ connection, settings, identities: served },
        ...(pair === undefined ? {} : { pair }),
        health: {
          exec: canWrite(settings, Object.keys(declared.buckets)[0] ?? "homelab"),
          timeoutSeconds: 150,
        },
      },
      options,
    );

    const endpoint = `http://${hostPort(args.askedAt ?? node.address, settings.apiPort)}`;
    new SeaweedContents(
      `${name}-contents`,
      {
        ...{ connection, endpoint, user: rootUser, password: rootPassword },
        place: {
          ...{ container, service },
          master: `127.0.0.1:${seaweedfsParts.master}`,
          filer: `127.0.0.1:${seaweedfsParts.filer}`,
        },
        copies: {
          replication: required ? twice : once,
          ...(required
            ? {
                other: {
                  node: args.copyOn.name,
                  filer: hostPort(houseAddress(args.copyOn), seaweedfsParts.filer),
                },
              }
            : {}),
        },
        buckets: declared.buckets,
        users: Object.fromEntries(
          users.map(({ user, secretKey, consumer }) => [user, { secretKey, buckets: consumer.buckets }]),
        ),
      },
      options({ dependsOn: this.unit, deletedWith: this.unit }),
    );
    this.endpoints = {
      endpoint: `http://${hostPort(address, settings.apiPort)}`,
      buckets: Object.keys(declared.buckets),
      users: Object.fromEntries(users.map(({ user, secretKey }) => [user, { accessKey: user, secretKey }])),
    };
    this.registerOutputs({ endpoints: this.endpoints });
  }
}
