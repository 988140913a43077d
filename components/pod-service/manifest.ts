import type { core } from "@pulumi/kubernetes/types/input";
import {
  containerSecurity,
  placed,
  podSecurity,
  securityOf,
  tmp,
  type PodKeys,
  type PodSchedule,
  type Program,
  type Scratch,
  type Workload,
} from "../../services";
import type { Node } from "../../topology";
import { reference } from "../images/reference";
import { withMore } from "./more";
import { probes } from "./probes";

/** What the pods of every service have in common. Plain values: policies decide on them. */

/** What a service's pods are rendered with, beside what its file in services/ says of each. */
export interface PodSurroundings {
  readonly node: Node;
  readonly namespace: string;
  /** Name of the Secret with the service's variables, and of its account towards the cluster. */
  readonly name: string;
  /** Why what is in `ephemeral` volumes may be lost. */
  readonly reason?: string;
  /** Annotations of the pod; a change restarts it. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Further keys, from the stack file. @default none */
  readonly more?: PodKeys;
}

function container(program: Program, service: string): core.v1.Container {
  const { name, image, command, args, env = {}, secrets = [], podName, requests } = program;
  const limits = { ...program.limits, ...(program.gpu === true ? { "nvidia.com/gpu": "1" } : {}) };
  return {
    name,
    image: reference(image),
    imagePullPolicy: "IfNotPresent",
    ...(command === undefined ? {} : { command: [...command] }),
    ...(args === undefined ? {} : { args: [...args] }),
    env: [
      ...Object.entries({ HOME: "/tmp", ...env }).map(([key, value]) => ({ name: key, value })),
      // Each by its name, so that policies see it.
      ...secrets.map((key) => ({ name: key, valueFrom: { secretKeyRef: { name: service, key } } })),
      ...(podName === undefined
        ? []
        : [{ name: podName, valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }]),
    ],
    ...ports(program),
    ...probes(program),
    resources: { requests: { ...requests }, ...(Object.keys(limits).length === 0 ? {} : { limits }) },
    securityContext: containerSecurity,
    volumeMounts: [
      ...scratchOf(program).map((one) => ({ name: one.name, mountPath: one.at })),
      ...(program.files ?? []).map(({ from, key, at }) => ({
        name: from,
        mountPath: at,
        subPath: key,
        readOnly: true,
      })),
      ...(program.secretFiles === undefined
        ? []
        : [{ name: program.secretFiles.name, mountPath: program.secretFiles.at, readOnly: true }]),
    ],
  };
}

function ports({ port, ports: others = [], onNode }: Program) {
  const all = [
    ...(port === undefined ? [] : [{ name: "service", containerPort: port }]),
    ...others.map((containerPort) => ({ containerPort })),
  ];
  if (all.length === 0) return {};
  return {
    ports: all.map((one) => ({ ...one, ...(onNode === true ? { hostPort: one.containerPort } : {}) })),
  };
}

/** Where it may write; one of its own at the same path takes the place of the common one. */
function scratchOf({ scratch = [] }: Program): readonly Scratch[] {
  return scratch.some(({ at }) => at === tmp.at) ? scratch : [tmp, ...scratch];
}

function podSpec(one: Workload, { node, name }: PodSurroundings): core.v1.PodSpec {
  const { before = [], nodeDirectories = [] } = one;
  const all = [...before, ...one.programs];
  const mounts = nodeDirectories.map(({ name: volume, at }) => ({ name: volume, mountPath: at }));
  const built = (program: Program): core.v1.Container => {
    const made = container(program, name);
    return { ...made, volumeMounts: [...(made.volumeMounts as core.v1.VolumeMount[]), ...mounts] };
  };
  return {
    ...placed(node),
    securityContext: one.user === undefined ? podSecurity : securityOf(one.user),
    automountServiceAccountToken: one.account === true,
    ...(one.account === true ? { serviceAccountName: name } : {}),
    // Addresses of Services would come as variables, and VLLM_PORT or DAGSTER_… mean something to these programs.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 30,
    ...endOf(one),
    ...(one.runtimeClass === undefined ? {} : { runtimeClassName: one.runtimeClass }),
    ...(before.length === 0 ? {} : { initContainers: before.map(built) }),
    containers: one.programs.map(built),
    volumes: [
      ...volumesOf(all),
      // Made, with its owner, by a unit of the node: a directory that the kubelet makes is root's.
      ...nodeDirectories.map(({ name: volume, path }) => ({
        name: volume,
        hostPath: { path, type: "Directory" },
      })),
    ],
  };
}

/** Whether it ends by itself, and how long it may take. */
function endOf({ schedule, once }: Workload) {
  const ends = schedule ?? once;
  if (ends === undefined) return { restartPolicy: "Always" };
  // Counted from its start, so that one that waits for its node is not ended before it has begun.
  return {
    restartPolicy: "Never",
    ...(ends.limitSeconds === undefined ? {} : { activeDeadlineSeconds: ends.limitSeconds }),
  };
}

function volumesOf(programs: readonly Program[]): core.v1.Volume[] {
  const scratch = new Map(programs.flatMap(scratchOf).map((one) => [one.name, one]));
  const maps = new Set(programs.flatMap(({ files = [] }) => files.map(({ from }) => from)));
  const secrets = new Map(
    programs.flatMap(({ secretFiles }) =>
      secretFiles === undefined ? [] : [[secretFiles.name, secretFiles]],
    ),
  );
  return [
    ...[...scratch.values()].map(({ name, inMemory, sizeLimit }) => ({
      name,
      emptyDir: {
        ...(inMemory === true ? { medium: "Memory" } : {}),
        ...(sizeLimit === undefined ? {} : { sizeLimit }),
      },
    })),
    ...[...maps].map((name) => ({ name, configMap: { name } })),
    ...[...secrets.values()].map(({ name, from }) => ({
      name,
      secret: { secretName: from, defaultMode: 0o440 },
    })),
  ];
}

const labelsOf = ({ name }: Workload) => ({
  "app.kubernetes.io/name": name,
  "app.kubernetes.io/part-of": "homelab",
});

const metadataOf = (one: Workload, { namespace }: PodSurroundings) => ({
  ...{ name: one.name, namespace, labels: labelsOf(one) },
  ...(one.awaited === false ? { annotations: { "pulumi.com/skipAwait": "true" } } : {}),
});

const templateOf = (one: Workload, around: PodSurroundings) => ({
  metadata: {
    labels: { ...around.more?.labels, ...labelsOf(one) },
    annotations: { ...around.more?.annotations, ...around.annotations, ...ephemeral(one, around) },
  },
  spec: withMore(podSpec(one, around), around),
});

/** A Deployment. One pod is gone before the next begins, as they would want the same port; of several, one after the other is. */
export function deployment(one: Workload, around: PodSurroundings) {
  const { replicas = 1 } = one;
  return {
    metadata: metadataOf(one, around),
    spec: {
      replicas,
      revisionHistoryLimit: 2,
      strategy: { type: replicas === 1 ? "Recreate" : "RollingUpdate" },
      selector: { matchLabels: { "app.kubernetes.io/name": one.name } },
      template: templateOf(one, around),
    },
  };
}

/** A CronJob. What was missed while cluster or node were off begins once when they are on again; what failed is not tried again. */
export function cronJob(one: Workload, { cron, timeZone }: PodSchedule, around: PodSurroundings) {
  const { replicas = 1 } = one;
  return {
    metadata: metadataOf(one, around),
    spec: {
      schedule: cron,
      ...(timeZone === undefined ? {} : { timeZone }),
      concurrencyPolicy: "Forbid",
      // Its default, said so that one that somebody suspended is seen.
      suspend: false,
      jobTemplate: {
        metadata: { labels: labelsOf(one) },
        spec: {
          backoffLimit: 0,
          ...(replicas === 1 ? {} : { parallelism: replicas, completions: replicas }),
          template: templateOf(one, around),
        },
      },
    },
  };
}

/** A Job, whose pod runs once: what failed is not tried again by the cluster. @param keptSeconds it is deleted so long after its end */
export function job(one: Workload, around: PodSurroundings, keptSeconds: number) {
  return {
    metadata: metadataOf(one, around),
    spec: { backoffLimit: 0, ttlSecondsAfterFinished: keptSeconds, template: templateOf(one, around) },
  };
}

/** That some of its volumes may be lost, in the words that the policies read. */
function ephemeral({ ephemeral: volumes = [] }: Workload, { reason }: PodSurroundings) {
  if (volumes.length === 0 || reason === undefined) return {};
  return { "homelab.dev/ephemeral": reason, "homelab.dev/ephemeral-volumes": volumes.join(",") };
}
