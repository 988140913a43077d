import type { z } from "zod";
import { podPort, type ComputeGroup } from "./compute-group";
import { bucketName, flag, identifier, image, listOf, s3User, strict } from "./fields";
import * as files from "./dagster-instance";
import { runsPolicy } from "./runs-policy";
import type { PodContext, PodRun, Program, Workload } from "./pod";
import { count, cpu, memory, pod, requirement } from "./pod-fields";
import { sample, startFile } from "./pod-files";
import { credentials, credentialsFirst } from "./pod-credentials";
import { packagesFirst } from "./python-packages";
import { service } from "./service";
import { databaseUrl, s3Region, sqlAlchemyUrl, type SecretsOf } from "./storage-values";

const key = "compute.dagster";

const settings = strict({
  enabled: flag.default(true).describe("Dagster"),
  image: image.default("docker.io/dagster/dagster-k8s:1.13.27").describe("its image"),
  ...pod({ port: 3300, cpu: "250m", memory: "512Mi" }),
  role: identifier.default("system").describe("owner of the database, a role that storage hands out"),
  database: identifier.default("dagster").describe("runs, events and schedules"),
  user: s3User.default("dagster").describe("S3 user that storage hands out"),
  bucket: bucketName.default("parquet").describe("for assets and the logs of runs; one of the user's"),
  packages: listOf(requirement)
    .prefault(["duckdb==2.0.1"])
    .describe(
      "Python packages that the sample code needs beyond its image's, with exact versions; fetched when a pod starts",
    ),
  maxConcurrentRuns: count(1, 100).default(4).describe("runs at a time, 1 to 100; others wait"),
  runCpu: cpu.default("500m").describe("cores of a run"),
  runMemory: memory.default("1Gi").describe("memory of a run"),
  maxRetries: count(0, 10)
    .default(3)
    .describe("how often a run is started again whose pod vanished, 0 to 10"),
});
export type DagsterSettings = z.output<typeof settings>;

/** Variables of its programs, from what storage hands out. */
const variables = (own: DagsterSettings): SecretsOf => ({
  DAGSTER_PG_HOST: ({ storage }) => new URL(databaseUrl(storage, own, key)).hostname,
  DAGSTER_PG_USER: ({ storage }) => decodeURIComponent(new URL(databaseUrl(storage, own, key)).username),
  POSTGRES_DSN: ({ storage }) => sqlAlchemyUrl(storage, own, key),
  AWS_ENDPOINT_URL: ({ storage }) => storage.s3Endpoint,
  ...s3Region,
});

/**
 * Web server, daemon, a code server with the sample, and a pod for every run.
 *
 * Runs are Kubernetes Jobs. A run inside of the code server's pod would stay "started" for ever when that pod
 * vanishes: nobody could be asked about it. Of a Job the cluster knows what became of it, so the daemon's monitoring
 * sees that it is gone, marks the run as failed and begins it again.
 * @see https://docs.dagster.io/deployment/execution/run-monitoring
 */
function run(own: DagsterSettings, context: PodContext): PodRun {
  return {
    name: files.dagsterName,
    files: {
      [files.instanceMap]: {
        "dagster.yaml": files.instance(own, context),
        "workspace.yaml": files.workspace(),
      },
      [files.sampleMap]: { [files.sampleFile.key]: sample() },
    },
    account: {
      rules: launcherRules,
      limits: runsPolicy(context.node, context.namespace, files.dagsterName, {
        ...{ by: "dagster", one: "A run of Dagster" },
      }),
    },
    inside: [{ name: files.codeName, ports: [{ name: "grpc", port: files.codePort }] }],
    pods: [webserver(own), daemon(own), codeServer(own)],
  };
}

function server(own: DagsterSettings, program: Pick<Program, "name" | "args"> & Partial<Program>): Workload {
  const { image, cpu, memory } = own;
  return {
    name: program.name,
    account: true,
    before: [credentialsFirst(files.dagsterName, image)],
    programs: [
      {
        image,
        command: ["python", startFile.at, "dagster"],
        env: { ...files.ownEnv, WAIT_FOR: `${files.codeName}:${files.codePort}` },
        secrets: Object.keys(variables(own)),
        requests: { cpu, memory },
        scratch: files.scratch,
        files: [
          startFile,
          files.instanceFile,
          { from: files.instanceMap, key: "workspace.yaml", at: files.workspacePath },
        ],
        ...program,
      },
    ],
  };
}

const webserver = (own: DagsterSettings) =>
  server(own, {
    name: "dagster-webserver",
    args: [
      ...["dagster-webserver", "--host", "0.0.0.0", "--port", String(own.port)],
      ...["--workspace", files.workspacePath],
      // It does not ask whether a kept connection is still good, so the first requests after a restart of PostgreSQL
      // would fail: one that is older than a second is opened again.
      ...["--db-pool-recycle", "1"],
    ],
    port: own.port,
    onNode: true,
    probe: { path: "/server_info", startSeconds: 600 },
  });

/** Without a probe: it ends by itself when one of its parts fails, and each question to it would load all of Dagster. */
const daemon = (own: DagsterSettings) =>
  server(own, {
    name: "dagster-daemon",
    args: ["dagster-daemon", "run", "--workspace", files.workspacePath],
  });

/** Serves the sample's definitions to the web server and the daemon; what it defines runs in pods of its own. */
function codeServer(own: DagsterSettings): Workload {
  const { image, bucket, packages, cpu, memory } = own;
  return {
    name: files.codeName,
    before: [credentialsFirst(files.dagsterName, image), ...packagesFirst(image, packages, files.bench)],
    programs: [
      {
        name: files.codeName,
        image,
        command: ["dagster", "api", "grpc", "--host", "0.0.0.0", "--port", String(files.codePort)],
        args: ["--python-file", files.sampleFile.at, "--attribute", "definitions"],
        env: files.codeEnv(bucket),
        secrets: Object.keys(variables(own)),
        requests: { cpu, memory },
        port: files.codePort,
        probe: { grpc: "DagsterApi", startSeconds: 600 },
        scratch: [...files.scratch, ...files.bench],
        // Without it this process would keep a database of its own.
        files: [files.sampleFile, files.instanceFile],
      },
    ],
  };
}

/** What the web server and the daemon may do in the cluster: begin, watch and end the Jobs of runs. */
const launcherRules = [
  {
    apiGroups: ["batch"],
    resources: ["jobs", "jobs/status"],
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  },
  { apiGroups: [""], resources: ["pods", "pods/log", "pods/status"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["events"], verbs: ["get", "list", "watch"] },
];

export const dagster = service({
  title: "Dagster",
  purpose: "data assets and their schedules; its metadata is in PostgreSQL, its files in S3",
  key,
  on: ["compute"],
  settings,
  enabled: ({ enabled }, within: ComputeGroup) => within.enabled && enabled,
  images: ({ image }) => [image],
  keeps: () => ({ kind: "nothing" }),
  ports: (own) => podPort("Dagster", "dagster", own, "DAGSTER_URL"),
  secrets: variables,
  credentials: (own) => credentials(own, key),
  pod: run,
});
