import type { core } from "@pulumi/kubernetes/types/input";
import type { Node } from "../../topology";
import { reference } from "../images/reference";
import { lifecycleKey } from "../k3s";
import { ephemeralLabels, type Ephemeral } from "./ephemeral";

/** What the pods of every service have in common. Plain values: policies decide on them. */

/** Nobody in the images; what it writes goes with the pod. */
export const user = 1000;

/** Only where the topology says, and only there: it tolerates that the node may vanish. */
export function placed(node: Node) {
  return {
    nodeSelector: { "kubernetes.io/hostname": node.name },
    tolerations: [{ key: lifecycleKey, operator: "Equal", value: node.lifecycle, effect: "NoSchedule" }],
  };
}

export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  fsGroup: user,
  seccompProfile: { type: "RuntimeDefault" },
};

export const containerSecurity = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** A directory for what the pod writes, on the node's disk; it goes with the pod. */
export interface Scratch {
  readonly name: string;
  readonly at: string;
  /** Kept in memory. @default false */
  readonly inMemory?: boolean;
  /** A pod that writes more is made anew. @default the node's disk */
  readonly sizeLimit?: string;
}

/** A file of a ConfigMap. */
export interface MountedFile {
  /** Name of the ConfigMap. */
  readonly from: string;
  readonly key: string;
  readonly at: string;
}

export interface Program {
  readonly name: string;
  readonly image: string;
  /** @default what the image starts */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Variables that come from a Secret whose keys are called the same; each is named, so that policies see it. */
  readonly secret?: { readonly name: string; readonly variables: readonly string[] };
  readonly requests: { readonly cpu: string; readonly memory: string };
  /** What it is never given more of. @default none */
  readonly limits?: { readonly memory: string };
  /** TCP port; the pod listens on it. */
  readonly port?: number;
  /** Whether the node's own address serves that port too. */
  readonly onNode?: boolean;
  readonly probe?: Probe;
  readonly scratch?: readonly Scratch[];
  readonly files?: readonly MountedFile[];
  /** Whether it is given the GPU. */
  readonly gpu?: boolean;
}

/** How it is known that a program works. */
export interface Probe {
  /** An HTTP path that answers 2xx, or a service of the gRPC health protocol. */
  readonly path?: string;
  readonly grpc?: string;
  /** It may take so long to come up, seconds. */
  readonly startSeconds: number;
}

export function container(program: Program): core.v1.Container {
  const { name, image, command, args, env = {}, secret, requests, port, probe } = program;
  const limits = { ...program.limits, ...(program.gpu === true ? { "nvidia.com/gpu": "1" } : {}) };
  return {
    name,
    image: reference(image),
    imagePullPolicy: "IfNotPresent",
    ...(command === undefined ? {} : { command: [...command] }),
    ...(args === undefined ? {} : { args: [...args] }),
    env: [
      ...Object.entries({ HOME: "/tmp", ...env }).map(([key, value]) => ({ name: key, value })),
      ...(secret?.variables ?? []).map((key) => ({
        name: key,
        valueFrom: { secretKeyRef: { name: secret?.name ?? "", key } },
      })),
    ],
    ...(port === undefined
      ? {}
      : {
          ports: [
            { name: "service", containerPort: port, ...(program.onNode === true ? { hostPort: port } : {}) },
          ],
        }),
    ...(probe === undefined || port === undefined ? {} : probes(probe, port)),
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
    ],
  };
}

function scratchOf({ scratch = [] }: Program): readonly Scratch[] {
  return [{ name: "tmp", at: "/tmp" }, ...scratch];
}

function probes({ path, grpc, startSeconds }: Probe, port: number) {
  const ask =
    grpc === undefined ? { httpGet: { path: path ?? "/", port } } : { grpc: { port, service: grpc } };
  const period = 5;
  return {
    // The others begin when this one has held once.
    startupProbe: {
      ...ask,
      periodSeconds: period,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(startSeconds / period),
    },
    readinessProbe: { ...ask, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 3 },
    // A busy program is no broken one.
    livenessProbe: { ...ask, periodSeconds: 30, timeoutSeconds: 20, failureThreshold: 5 },
  };
}

export interface PodArgs {
  readonly node: Node;
  readonly programs: readonly Program[];
  /** Programs that run to their end first. */
  readonly before?: readonly Program[];
  /** Whose rights towards the cluster it has. @default none */
  readonly account?: string;
  /** Volumes beside scratch and files, and the mounts of all its programs. */
  readonly volumes?: readonly core.v1.Volume[];
  readonly mounts?: readonly core.v1.VolumeMount[];
  /** Annotations; a change restarts the pod. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ephemeral?: Ephemeral;
  /** RuntimeClass for the GPU. */
  readonly runtimeClass?: string;
}

export function podSpec(args: PodArgs): core.v1.PodSpec {
  const { before = [], mounts = [] } = args;
  const all = [...before, ...args.programs];
  const built = (program: Program): core.v1.Container => {
    const one = container(program);
    return { ...one, volumeMounts: [...(one.volumeMounts as core.v1.VolumeMount[]), ...mounts] };
  };
  return {
    ...placed(args.node),
    securityContext: podSecurity,
    automountServiceAccountToken: args.account !== undefined,
    ...(args.account === undefined ? {} : { serviceAccountName: args.account }),
    // Addresses of Services would come as variables, and VLLM_PORT or DAGSTER_… mean something to these programs.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 30,
    restartPolicy: "Always",
    ...(args.runtimeClass === undefined ? {} : { runtimeClassName: args.runtimeClass }),
    ...(before.length === 0 ? {} : { initContainers: before.map(built) }),
    containers: args.programs.map(built),
    volumes: [...volumesOf(all), ...(args.volumes ?? [])],
  };
}

function volumesOf(programs: readonly Program[]): core.v1.Volume[] {
  const scratch = new Map(programs.flatMap(scratchOf).map((one) => [one.name, one]));
  const maps = new Set(programs.flatMap(({ files = [] }) => files.map(({ from }) => from)));
  return [
    ...[...scratch.values()].map(({ name, inMemory, sizeLimit }) => ({
      name,
      emptyDir: {
        ...(inMemory === true ? { medium: "Memory" } : {}),
        ...(sizeLimit === undefined ? {} : { sizeLimit }),
      },
    })),
    ...[...maps].map((name) => ({ name, configMap: { name } })),
  ];
}

export interface WorkloadArgs extends PodArgs {
  readonly name: string;
  readonly namespace: string;
}

/** A Deployment of one pod: the former one is gone before the next begins, as they would want the same port. */
export function deployment(args: WorkloadArgs) {
  const labels = { "app.kubernetes.io/name": args.name, "app.kubernetes.io/part-of": "homelab" };
  return {
    metadata: { name: args.name, namespace: args.namespace, labels },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 2,
      strategy: { type: "Recreate" },
      selector: { matchLabels: { "app.kubernetes.io/name": args.name } },
      template: {
        metadata: {
          labels,
          annotations: {
            ...args.annotations,
            ...(args.ephemeral === undefined ? {} : ephemeralLabels(args.ephemeral)),
          },
        },
        spec: podSpec(args),
      },
    },
  };
}
