import { stringify } from "yaml";
import {
  containerSecurity,
  placed,
  podSecurity,
  tmp,
  type MountedFile,
  type PodContext,
  type Scratch,
} from "./pod";
import {
  copyCredentials,
  credentialsEnv,
  credentialsName,
  credentialsScratch,
  credentialsVolume,
} from "./pod-credentials";
import { fetchPackages, packagesPath, packagesScratch } from "./python-packages";

/** Dagster's own configuration files, and what its programs and the pods of its runs have in common. */

export const dagsterName = "dagster";
export const instanceMap = "dagster-instance";
export const sampleMap = "dagster-sample";
export const codeName = "dagster-code";
export const codePort = 4000;

const home = "/opt/dagster/home";
export const workspacePath = "/opt/dagster/workspace.yaml";
const workbench = "/workbench";

export const scratch: readonly Scratch[] = [{ name: "home", at: home }, credentialsScratch];
export const bench: readonly Scratch[] = [{ name: "workbench", at: workbench }, packagesScratch];
export const sampleFile: MountedFile = {
  from: sampleMap,
  key: "sample.py",
  at: "/opt/dagster/sample/sample.py",
};
export const instanceFile: MountedFile = {
  from: instanceMap,
  key: "dagster.yaml",
  at: `${home}/dagster.yaml`,
};
export const ownEnv = { DAGSTER_HOME: home, PYTHONDONTWRITEBYTECODE: "1", ...credentialsEnv };
export const codeEnv = (bucket: string) => ({
  ...ownEnv,
  DAGSTER_BUCKET: bucket,
  WORKBENCH: workbench,
  PYTHONPATH: packagesPath,
});

/**
 * Of a run's pod. Dagster has what a step prints shown in the pod's log by a `tail` that looks once a second, and ends it with the
 * step, so that the last lines were in no log of the house: it waits until they were seen.
 * @see https://github.com/dagster-io/dagster/issues/23336
 */
const runEnv = { HOME: "/tmp", DAGSTER_COMPUTE_LOG_TAIL_WAIT_AFTER_FINISH: "2" };

/** What of `homelab:compute.dagster` its configuration says. */
export interface InstanceSettings {
  readonly image: string;
  readonly bucket: string;
  readonly packages: readonly string[];
  readonly maxConcurrentRuns: number;
  readonly maxRetries: number;
  readonly runCpu: string;
  readonly runMemory: string;
}

/** The text of dagster.yaml. @see https://docs.dagster.io/deployment/oss/dagster-yaml */
export function instance(own: InstanceSettings, context: PodContext): string {
  const { image, bucket, maxConcurrentRuns, maxRetries } = own;
  return stringify({
    storage: { postgres: { postgres_url: { env: "POSTGRES_DSN" } } },
    run_launcher: {
      module: "dagster_k8s.launcher",
      class: "K8sRunLauncher",
      config: {
        service_account_name: dagsterName,
        instance_config_map: instanceMap,
        dagster_home: home,
        job_namespace: context.namespace,
        job_image: context.pinned(image),
        image_pull_policy: "IfNotPresent",
        env_secrets: [dagsterName],
        run_k8s_config: runPod(own, context),
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
      // Begun again as another run, with its own events, not gone on with.
      max_resume_run_attempts: 0,
    },
    run_retries: { enabled: maxRetries > 0, max_retries: maxRetries, retry_on_asset_or_op_failure: false },
    telemetry: { enabled: false },
  });
}

/** How the launcher makes the pod of a run; in the words of Kubernetes' Python client. */
function runPod(own: InstanceSettings, { node, pinned }: PodContext) {
  const { image, bucket, packages, runCpu, runMemory } = own;
  const { nodeSelector, tolerations } = placed(node);
  const directories = [tmp, ...scratch, ...bench];
  const mounts = [
    ...directories.map(({ name, at }) => ({ name, mountPath: at })),
    { name: sampleMap, mountPath: sampleFile.at, subPath: sampleFile.key, readOnly: true },
  ];
  const mountsOf = (...names: string[]) => mounts.filter(({ name }) => names.includes(name));
  const first = (name: string, command: readonly string[], volumeMounts: object[]) => ({
    ...{ name, image: pinned(image), command, volumeMounts },
    env: [{ name: "HOME", value: "/tmp" }],
    securityContext: containerSecurity,
  });
  return {
    container_config: {
      env: Object.entries({ ...runEnv, ...codeEnv(bucket) }).map(([name, value]) => ({ name, value })),
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
        ...directories.map(({ name, inMemory, sizeLimit }) => ({
          name,
          emptyDir: {
            ...(inMemory === true ? { medium: "Memory" } : {}),
            ...(sizeLimit === undefined ? {} : { sizeLimit }),
          },
        })),
        {
          name: credentialsVolume.name,
          secret: { secretName: credentialsName(dagsterName), defaultMode: 0o440 },
        },
        { name: sampleMap, configMap: { name: sampleMap } },
      ],
      initContainers: [
        first("credentials", copyCredentials, [
          ...mountsOf("credentials"),
          { name: credentialsVolume.name, mountPath: credentialsVolume.at, readOnly: true },
        ]),
        ...(packages.length === 0
          ? []
          : [first("packages", fetchPackages(packages), mountsOf("tmp", "packages"))]),
      ],
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
