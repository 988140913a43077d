import { z } from "zod";
import { bucketName, dataDirectory, flag, image, listOf, port, s3User, strict } from "./fields";
import { bucketsOf, engineRuns, engineServes, usersOf } from "./s3-fields";
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
  syncWrites: flag
    .default(true)
    .describe(
      "whether what is acknowledged is on the disk (MinIO's `MINIO_FS_OSYNC`). `false`: a power cut loses the last of it",
    ),
  adopt: listOf(z.union([bucketName, s3User]))
    .default([])
    .describe(
      "names of buckets and users that somebody else made and that are taken over; without, such a one is refused",
    ),
  buckets: bucketsOf()
    .prefault({ parquet: {}, iceberg: {}, mlflow: { versioned: true } })
    .describe(
      "buckets by name: 3 to 63 small letters, digits or `-`; better in `homelab:objectStore.buckets`",
    ),
  users: usersOf()
    .prefault({ mlflow: { buckets: ["mlflow"] }, dagster: { buckets: ["parquet", "iceberg"] } })
    .describe(
      "consumers by access key: 3 to 20 small letters, digits, `_` or `-`; better in `homelab:objectStore.users`",
    ),
});

export type MinioSettings = z.output<typeof minioSchema>;

export const minio = service({
  title: "MinIO",
  purpose: "the object store: files, artifacts, the lake",
  key: "minio",
  on: ["storage"],
  settings: minioSchema,
  enabled: (_own, _within, stack) => engineRuns("minio", stack),
  images: ({ image }) => [image],
  ports: ({ apiPort, consolePort }, stack) => [
    {
      ...{ title: "MinIO S3 API", port: apiPort, key: "minio.apiPort", from: "operators" },
      ...(engineServes("minio", stack) ? { output: "S3_ENDPOINT" } : {}),
      metrics: "/minio/v2/metrics/cluster",
    },
    {
      ...{ title: "MinIO console", port: consolePort, key: "minio.consolePort", from: "operators" },
      ...(engineServes("minio", stack) ? { output: "S3_CONSOLE" } : {}),
    },
  ],
  keeps: ({ dataDirectory }) => ({
    kind: "persistent",
    paths: [dataDirectory],
    backup: { own: "a mirror of each bucket" },
  }),
});
