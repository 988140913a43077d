import type { z } from "zod";
import { podPort, type ComputeGroup } from "./compute-group";
import { bucketName, flag, identifier, image, listOf, s3User, strict } from "./fields";
import { count, cpu, memory, pod, requirement } from "./pod-fields";
import { service } from "./service";

const settings = strict({
  enabled: flag.default(true),
  image: image.default("docker.io/dagster/dagster-k8s:1.13.27"),
  ...pod({ port: 3300, cpu: "250m", memory: "512Mi" }),
  /** Owner of the database, one of storage's roles. */
  role: identifier.default("system"),
  database: identifier.default("dagster"),
  /** One of storage's S3 users. */
  user: s3User.default("dagster"),
  /** Where assets and the logs of runs go; one of the user's. */
  bucket: bucketName.default("parquet"),
  /** Python packages that the sample code needs beyond its image's, fetched when a pod starts. */
  packages: listOf(requirement).prefault(["duckdb==2.0.1"]),
  maxConcurrentRuns: count(1, 100).default(4),
  runCpu: cpu.default("500m"),
  runMemory: memory.default("1Gi"),
  /** A run whose pod vanished is begun anew so often. */
  maxRetries: count(0, 10).default(3),
});
export type DagsterSettings = z.output<typeof settings>;

export const dagster = service({
  title: "Dagster",
  purpose: "data assets and their schedules; its books are in PostgreSQL, its files in MinIO",
  key: "compute.dagster",
  on: ["compute"],
  settings,
  enabled: ({ enabled }, within: ComputeGroup) => within.enabled && enabled,
  images: ({ image }) => [image],
  keeps: () => ({ kind: "nothing" }),
  ports: (own) => podPort("Dagster", "dagster", own, "DAGSTER_URL"),
});
