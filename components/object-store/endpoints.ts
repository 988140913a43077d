import type * as pulumi from "@pulumi/pulumi";
import type { ObjectStoreEngine } from "../../services";

/** A consumer's credentials. */
export interface S3User {
  readonly accessKey: string;
  readonly secretKey: pulumi.Output<string>;
}

/** How to reach an object store, whichever engine serves it. */
export interface ObjectStoreEndpoints {
  /** URL of the S3 API, e.g. `http://192.168.1.11:9000`. */
  readonly endpoint: string;
  readonly buckets: readonly string[];
  /** By consumer; the secret keys are secrets. */
  readonly users: Readonly<Record<string, S3User>>;
}

/** Podman secret that keeps a consumer's secret key on the node: the same for each engine, so that a move changes no key. */
export const userSecretName = (user: string) => `homelab-minio-user-${user}`;

/** Podman secrets with the root user's name and password are `PREFIX-user` and `PREFIX-password`. */
export const rootSecretPrefix = (engine: ObjectStoreEngine) => `homelab-${engine}-root`;
