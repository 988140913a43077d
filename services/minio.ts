import { z } from "zod";
import { bucketName, dataDirectory, image, listOf, port, s3User, strict } from "./fields";
import { service } from "./service";

/** `homelab:minio`. */
export const minioSchema = strict({
  image: image
    .default("quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z")
    .describe(
      "the S3 engine, an exact tag. The default is the last image of MinIO's community edition, which is no longer maintained",
    ),
  apiPort: port.default(9000).describe("TCP port of the S3 API"),
  consolePort: port.default(9001).describe("TCP port of the console"),
  dataDirectory: dataDirectory
    .default("/srv/homelab/minio")
    .describe("directory on the node that holds the objects"),
  adopt: listOf(z.union([bucketName, s3User]))
    .default([])
    .describe(
      "names of buckets and users that somebody else made and that are taken over; without, such a one is refused",
    ),
  buckets: z
    .record(
      bucketName,
      strict({
        versioned: z
          .boolean()
          .default(false)
          .describe("an overwritten or deleted object can be brought back"),
      }),
    )
    .prefault({ parquet: {}, iceberg: {}, mlflow: { versioned: true } })
    .describe("buckets by name: 3 to 63 small letters, digits or `-`"),
  users: z
    .record(
      s3User,
      strict({
        buckets: listOf(bucketName)
          .min(1, "must name at least one bucket")
          .describe("buckets of `buckets` that the user may use; at least one"),
        access: z
          .enum(["read-write", "read-only"], { error: "must be read-write or read-only" })
          .default("read-write")
          .describe("`read-write` or `read-only`"),
      }),
    )
    .prefault({ mlflow: { buckets: ["mlflow"] }, dagster: { buckets: ["parquet", "iceberg"] } })
    .describe("consumers by access key: 3 to 20 small letters, digits, `_` or `-`"),
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
