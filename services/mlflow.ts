import type { z } from "zod";
import { podPort, type ComputeGroup } from "./compute-group";
import { bucketName, flag, identifier, image, listOf, s3User, strict } from "./fields";
import { count, requirement, pod } from "./pod-fields";
import { service } from "./service";

const settings = strict({
  enabled: flag.default(true),
  /** The plain image: the drivers for PostgreSQL and S3 are not in it. */
  image: image.default("ghcr.io/mlflow/mlflow:v3.17.0"),
  /** Python packages beyond its image's, fetched when the pod starts. */
  packages: listOf(requirement).prefault(["psycopg2-binary==2.9.13", "boto3==1.44.5"]),
  ...pod({ port: 5050, cpu: "250m", memory: "1Gi" }),
  role: identifier.default("system"),
  database: identifier.default("mlflow"),
  user: s3User.default("mlflow"),
  bucket: bucketName.default("mlflow"),
  workers: count(1, 16).default(2),
});
export type MlflowSettings = z.output<typeof settings>;

export const mlflow = service({
  title: "MLflow",
  purpose: "tracks experiments; its books are in PostgreSQL, its artifacts in MinIO",
  key: "compute.mlflow",
  on: ["compute"],
  settings,
  enabled: ({ enabled }, within: ComputeGroup) => within.enabled && enabled,
  images: ({ image }) => [image],
  keeps: () => ({ kind: "nothing" }),
  ports: (own) => podPort("MLflow", "mlflow", own, "MLFLOW_TRACKING_URI"),
});
