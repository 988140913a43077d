import { z } from "zod";
import { bucketName, dataDirectory, image, listOf, port, s3User, strict } from "./fields";
import { service } from "./service";

/** `homelab:minio`. */
export const minioSchema = strict({
  /**
   * The S3 engine. This is the last image of MinIO's community edition, which is no longer maintained: any image with
   * the same `server` command and environment can take its place. Its makers deleted it from Docker Hub in September 2026;
   * Quay has the same manifests.
   */
  image: image.default("quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z"),
  apiPort: port.default(9000),
  consolePort: port.default(9001),
  dataDirectory: dataDirectory.default("/srv/homelab/minio"),
  /** Buckets and users that somebody else made, which are taken over with all that they have. */
  adopt: listOf(z.union([bucketName, s3User])).default([]),
  /** By bucket name. Versioned: an overwritten or deleted object can be brought back. */
  buckets: z
    .record(bucketName, strict({ versioned: z.boolean().default(false) }))
    .prefault({ parquet: {}, iceberg: {}, mlflow: { versioned: true } }),
  /** By access key: one for each consumer, allowed its own buckets and nothing else. */
  users: z
    .record(
      s3User,
      strict({
        buckets: listOf(bucketName).min(1, "must name at least one bucket"),
        access: z
          .enum(["read-write", "read-only"], { error: "must be read-write or read-only" })
          .default("read-write"),
      }),
    )
    .prefault({ mlflow: { buckets: ["mlflow"] }, dagster: { buckets: ["parquet", "iceberg"] } }),
});

export type MinioSettings = z.output<typeof minioSchema>;

/** Buckets that a user is to have and that are not declared. */
function problems({ buckets, users }: MinioSettings): string[] {
  const known = Object.keys(buckets);
  return Object.entries(users).flatMap(([user, { buckets: wanted }]) =>
    wanted.flatMap((bucket, i) =>
      known.includes(bucket)
        ? []
        : [
            `homelab:minio.users.${user}.buckets.${i} is "${bucket}": it must be one of homelab:minio.buckets (${known.join(", ")}).`,
          ],
    ),
  );
}

export const minio = service({
  title: "MinIO",
  purpose: "the object store: files, artifacts, the lake",
  key: "minio",
  on: ["storage"],
  settings: minioSchema,
  problems,
  enabled: () => true,
  images: ({ image }) => [image],
  ports: ({ apiPort, consolePort }) => [
    {
      ...{ title: "MinIO S3 API", port: apiPort, key: "minio.apiPort", from: "operators" },
      ...{ output: "S3_ENDPOINT", metrics: "/minio/v2/metrics/cluster" },
    },
    {
      ...{ title: "MinIO console", port: consolePort, key: "minio.consolePort", from: "operators" },
      ...{ output: "S3_CONSOLE" },
    },
  ],
  keeps: ({ dataDirectory }) => ({
    kind: "persistent",
    paths: [dataDirectory],
    backup: { own: "a mirror of each bucket" },
  }),
});
