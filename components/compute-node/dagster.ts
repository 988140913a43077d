import { stringify } from "yaml";
import type { core } from "@pulumi/kubernetes/types/input";
import type { ComputeSettings } from "../../services";
import type { Node } from "../../topology";
import { reference } from "../images/reference";
import { fetchPackages, packagesFirst, packagesPath, packagesScratch } from "./packages";
import {
  containerSecurity,
  deployment,
  placed,
  podSecurity,
  type MountedFile,
  type Program,
  type Scratch,
} from "./pod";
import { dagsterVariables } from "./secrets";

/**
 * Dagster: web server, daemon, a code server with the sample, and a pod for every run.
 *
 * Runs are Kubernetes Jobs. A run inside of the code server's pod would stay "started" for ever when that pod
 * vanishes: nobody could be asked about it. Of a Job the cluster knows what became of it, so the daemon's monitoring
 * sees that it is gone, marks the run as failed and begins it anew.
 * @see https://docs.dagster.io/deployment/execution/run-monitoring
 */
export const dagsterName = "dagster";
export const instanceMap = "dagster-instance";
export const sampleMap = "dagster-sample";
export const codeName = "dagster-code";

const home = "/opt/dagster/home";
const samplePath = "/opt/dagster/sample/sample.py";
const workspacePath = "/opt/dagster/workspace.yaml";
const workbench = "/workbench";
const codePort = 4000;

export interface DagsterArgs {
  readonly node: Node;
  readonly settings: ComputeSettings;
  /** By program: what restarts it when it changes. */
  readonly annotations: Readonly<Record<string, string>>;
}

const scratch: readonly Scratch[] = [{ name: "home", at: home }];
const bench: readonly Scratch[] = [{ name: "workbench", at: workbench }, packagesScratch];
const sampleFile: MountedFile = { from: sampleMap, key: "sample.py", at: samplePath };
const ownEnv = { DAGSTER_HOME: home, PYTHONDONTWRITEBYTECODE: "1" };
const codeEnv = (bucket: string) => ({
  ...ownEnv,
  DAGSTER_BUCKET: bucket,
  WORKBENCH: workbench,
  PYTHONPATH: packagesPath,
});

/** The text of dagster.yaml. @see https://docs.dagster.io/deployment/oss/dagster-yaml */
export function instance(node: Node, settings: ComputeSettings): string {
  const { image, bucket, maxConcurrentRuns, maxRetries } = settings.dagster;
  return stringify({
    storage: { postgres: { postgres_url: { env: "POSTGRES_DSN" } } },
    run_launcher: {
      module: "dagster_k8s.launcher",
      class: "K8sRunLauncher",
      config: {
        service_account_name: dagsterName,
        instance_config_map: instanceMap,
        dagster_home: home,
        job_namespace: settings.namespace,
        job_image: reference(image),
        image_pull_policy: "IfNotPresent",
        env_secrets: [dagsterName],
        run_k8s_config: runPod(node, settings),
      },
    },
    // What a run prints, beside its events: from its pod, which goes, to the object store.
    compute_logs: {
      module: "dagster_aws.s3.compute_log_manager",
      class: "S3ComputeLogManager",
      config: {
        bucket,
        prefix: "dagster-logs",
        endpoint_url: { env: "AWS_ENDPOINT_URL" },
        skip_empty_files: true,
      },
    },
    concurrency: { runs: { max_concurrent_runs: maxConcurrentRuns } },
    run_monitoring: {
      enabled: true,
      poll_interval_seconds: 10,
      // Until it has begun, nobody asks what became of its Job. The image is on the node: the code server has it.
      start_timeout_seconds: 300,
      cancel_timeout_seconds: 60,
      // Begun anew as another run, with its own events, not gone on with.
      max_resume_run_attempts: 0,
    },
    run_retries: { enabled: maxRetries > 0, max_retries: maxRetries, retry_on_asset_or_op_failure: false },
    telemetry: { enabled: false },
  });
}

/** How the launcher makes the pod of a run; in the words of Kubernetes' Python client. */
function runPod(node: Node, settings: ComputeSettings) {
  const { image, bucket, packages, runCpu, runMemory } = settings.dagster;
  const { nodeSelector, tolerations } = placed(node);
  const directories = [{ name: "tmp", at: "/tmp" }, ...scratch, ...bench];
  const mounts = [
    ...directories.map(({ name, at }) => ({ name, mountPath: at })),
    { name: sampleMap, mountPath: samplePath, subPath: sampleFile.key, readOnly: true },
  ];
  return {
    container_config: {
      env: Object.entries({ HOME: "/tmp", ...codeEnv(bucket) }).map(([name, value]) => ({ name, value })),
      resources: { requests: { cpu: runCpu, memory: runMemory } },
      securityContext: containerSecurity,
      volumeMounts: mounts,
    },
    pod_spec_config: {
      nodeSelector,
      tolerations,
      securityContext: podSecurity,
      enableServiceLinks: false,
      // Code of a run has nothing to ask of the cluster.
      automountServiceAccountToken: false,
      volumes: [
        ...directories.map(({ name }) => ({ name, emptyDir: {} })),
        { name: sampleMap, configMap: { name: sampleMap } },
      ],
      ...(packages.length === 0
        ? {}
        : {
            initContainers: [
              {
                name: "packages",
                image: reference(image),
                command: fetchPackages(packages),
                env: [{ name: "HOME", value: "/tmp" }],
                securityContext: containerSecurity,
                volumeMounts: mounts.filter(({ name }) => ["tmp", "packages"].includes(name)),
              },
            ],
          }),
    },
    job_spec_config: { ttl_seconds_after_finished: 3600 },
  };
}

/** The text of workspace.yaml: where the code is. */
export function workspace(): string {
  return stringify({
    load_from: [{ grpc_server: { host: codeName, port: codePort, location_name: "sample" } }],
  });
}

function server(args: DagsterArgs, program: Pick<Program, "name" | "args"> & Partial<Program>) {
  const { settings, node, annotations } = args;
  const { image, cpu, memory } = settings.dagster;
  return deployment({
    name: program.name,
    namespace: settings.namespace,
    node,
    annotations,
    account: dagsterName,
    programs: [
      {
        image,
        command: ["python", "/opt/homelab/start.py", "dagster"],
        env: { ...ownEnv, WAIT_FOR: `${codeName}:${codePort}` },
        secret: { name: dagsterName, variables: dagsterVariables },
        requests: { cpu, memory },
        scratch,
        files: [
          { from: "start", key: "start.py", at: "/opt/homelab/start.py" },
          { from: instanceMap, key: "dagster.yaml", at: `${home}/dagster.yaml` },
          { from: instanceMap, key: "workspace.yaml", at: workspacePath },
        ],
        ...program,
      },
    ],
  });
}

export function webserver(args: DagsterArgs) {
  const { port } = args.settings.dagster;
  return server(args, {
    name: "dagster-webserver",
    args: [
      ...["dagster-webserver", "--host", "0.0.0.0", "--port", String(port), "--workspace", workspacePath],
      // It does not ask whether a kept connection is still good, so the first requests after a restart of PostgreSQL would
      // fail: one that is older than a second is made anew.
      ...["--db-pool-recycle", "1"],
    ],
    port,
    onNode: true,
    probe: { path: "/server_info", startSeconds: 600 },
  });
}

/** Without a probe: it ends by itself when one of its parts fails, and each question to it would load all of Dagster. */
export function daemon(args: DagsterArgs) {
  return server(args, {
    name: "dagster-daemon",
    args: ["dagster-daemon", "run", "--workspace", workspacePath],
  });
}

/** Serves the sample's definitions to the web server and the daemon; what it defines runs in pods of its own. */
export function codeServer({ node, settings, annotations }: DagsterArgs) {
  const { image, bucket, packages, cpu, memory } = settings.dagster;
  return deployment({
    name: codeName,
    namespace: settings.namespace,
    node,
    annotations,
    before: packagesFirst(image, packages, bench),
    programs: [
      {
        name: codeName,
        image,
        command: ["dagster", "api", "grpc", "--host", "0.0.0.0", "--port", String(codePort)],
        args: ["--python-file", samplePath, "--attribute", "definitions"],
        env: codeEnv(bucket),
        secret: { name: dagsterName, variables: dagsterVariables },
        requests: { cpu, memory },
        port: codePort,
        probe: { grpc: "DagsterApi", startSeconds: 600 },
        scratch: [...scratch, ...bench],
        // Without it this process would keep books of its own.
        files: [sampleFile, { from: instanceMap, key: "dagster.yaml", at: `${home}/dagster.yaml` }],
      },
    ],
  });
}

export function codeService({ namespace }: Pick<ComputeSettings, "namespace">) {
  const spec: core.v1.ServiceSpec = {
    selector: { "app.kubernetes.io/name": codeName },
    ports: [{ name: "grpc", port: codePort, targetPort: codePort }],
  };
  return { metadata: { name: codeName, namespace }, spec };
}

/** What the web server and the daemon may do in the cluster: begin, watch and end the Jobs of runs. */
export const launcherRules = [
  {
    apiGroups: ["batch"],
    resources: ["jobs", "jobs/status"],
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  },
  { apiGroups: [""], resources: ["pods", "pods/log", "pods/status"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["events"], verbs: ["get", "list", "watch"] },
];
