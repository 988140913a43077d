import type { z } from "zod";
import { podPort, type ComputeGroup } from "./compute-group";
import { bucketName, flag, identifier, image, listOf, s3User, strict } from "./fields";
import { houseAddress, type Node } from "../topology";
import type { PodContext, PodRun } from "./pod";
import { count, pod, requirement } from "./pod-fields";
import { startFile } from "./pod-files";
import { credentials, credentialsEnv, credentialsFirst, credentialsScratch } from "./pod-credentials";
import { packagesFirst, packagesPath, packagesScratch } from "./python-packages";
import { service } from "./service";
import { s3Region, sqlAlchemyUrl, type SecretsOf } from "./storage-values";

const key = "compute.mlflow";

const settings = strict({
  enabled: flag.default(true).describe("MLflow"),
  image: image.default("ghcr.io/mlflow/mlflow:v3.17.0").describe("its image"),
  packages: listOf(requirement)
    .prefault(["psycopg2-binary==2.9.13", "boto3==1.44.5"])
    .describe("Python packages beyond its image's, with exact versions; fetched when the pod starts"),
  ...pod({ port: 5050, cpu: "250m", memory: "1Gi" }),
  role: identifier.default("system").describe("owner of the database, a role that storage hands out"),
  database: identifier.default("mlflow").describe("experiments, runs, models"),
  user: s3User.default("mlflow").describe("S3 user that storage hands out"),
  bucket: bucketName.default("mlflow").describe("for artifacts; one of the user's"),
  workers: count(1, 16).default(2).describe("processes that answer, 1 to 16"),
});
export type MlflowSettings = z.output<typeof settings>;

/** Variables of its server, from what storage hands out. */
const variables = (own: MlflowSettings): SecretsOf => ({
  MLFLOW_BACKEND_STORE_URI: ({ storage }) => sqlAlchemyUrl(storage, own, key),
  MLFLOW_S3_ENDPOINT_URL: ({ storage }) => storage.s3Endpoint,
  ...s3Region,
});

/** By what names clients may ask for it: a web page that made its own name point here is refused. */
function allowedHosts(node: Node, port: number): string[] {
  const { name, address } = node;
  const hosts = [...new Set([address, houseAddress(node)])].map((one) =>
    one.includes(":") ? `[[]${one}]` : one,
  );
  return [...hosts, name, `${name}.*`, "localhost"].flatMap((one) => [one, `${one}:${port}`]);
}

/**
 * The tracking server: metadata in PostgreSQL; artifacts go through it to the object store, so that its clients need no keys.
 * @see https://mlflow.org/docs/latest/self-hosting/architecture/tracking-server/
 */
function run(own: MlflowSettings, { node }: PodContext): PodRun {
  const { image, port, workers, bucket, packages, cpu, memory } = own;
  const server = {
    name: "mlflow",
    image,
    command: ["python", startFile.at, "mlflow", "mlflow", "server"],
    args: [
      ...["--host", "0.0.0.0", "--port", String(port), "--workers", String(workers)],
      ...["--artifacts-destination", `s3://${bucket}`, "--serve-artifacts"],
      ...["--allowed-hosts", allowedHosts(node, port).join(",")],
    ],
    env: {
      // Its queue of jobs is a file beside the program.
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
      MLFLOW_DISABLE_TELEMETRY: "true",
      PYTHONDONTWRITEBYTECODE: "1",
      ...credentialsEnv,
      ...(packages.length === 0 ? {} : { PYTHONPATH: packagesPath }),
    },
    secrets: Object.keys(variables(own)),
    requests: { cpu, memory },
    port,
    onNode: true,
    probe: { path: "/health", startSeconds: 600 },
    scratch: [credentialsScratch, ...(packages.length === 0 ? [] : [packagesScratch])],
    files: [startFile],
  };
  const before = [credentialsFirst("mlflow", image), ...packagesFirst(image, packages)];
  return { name: "mlflow", pods: [{ name: "mlflow", before, programs: [server] }] };
}

export const mlflow = service({
  title: "MLflow",
  purpose: "tracks experiments; its metadata is in PostgreSQL, its artifacts in S3",
  key,
  on: ["compute"],
  settings,
  enabled: ({ enabled }, within: ComputeGroup) => within.enabled && enabled,
  images: ({ image }) => [image],
  keeps: () => ({ kind: "nothing" }),
  ports: (own) => podPort("MLflow", "mlflow", own, "MLFLOW_TRACKING_URI"),
  secrets: variables,
  credentials: (own) => credentials(own, key),
  pod: run,
});
