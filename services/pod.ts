import { lifecycleKey, type Node } from "../topology";
import type { PodKeys } from "./pod-keys";

/** How services run as pods of the cluster. Plain values: Dagster is told some of them as text. */

/** What a service may know when its pods are rendered. */
export interface PodContext {
  readonly node: Node;
  /** Namespace of all that runs on the node. */
  readonly namespace: string;
  /** How a pod is given the node's GPU. @default there is none */
  readonly gpu?: { readonly runtimeClass: string };
  /** Directory of the node for model weights. @default there is none */
  readonly modelCache?: string;
  /** The reference under which an image is run: with its digest, where that was looked up. */
  readonly pinned: (image: string) => string;
}

/** How a service runs as pods of the cluster. Names begin with that of the service. */
export interface PodRun {
  /** Name of the service in the cluster, and of the Secret with its variables. */
  readonly name: string;
  readonly pods: readonly Workload[];
  /** ConfigMaps by name, each with its files. @default none */
  readonly files?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Rights towards the cluster, for pods with `account`. @default none */
  readonly account?: AccountRights;
  /** Names by which its pods are found in the cluster: of a pod, and the ports that it serves there. @default none */
  readonly inside?: readonly { readonly name: string; readonly ports: readonly NamedPort[] }[];
  /** Further keys of its pods, from the stack file. @default none */
  readonly more?: PodKeys;
}

/** A TCP port with a name for people. */
export interface NamedPort {
  readonly name: string;
  readonly port: number;
}

/** What a service may do in the cluster. */
export interface AccountRights {
  readonly rules: readonly {
    readonly apiGroups: string[];
    readonly resources: string[];
    readonly verbs: string[];
  }[];
  /** What the API server refuses to this account all the same. */
  readonly limits: AdmissionLimits;
}

/**
 * A ValidatingAdmissionPolicy and its binding.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export interface AdmissionLimits {
  readonly policy: {
    readonly metadata: { name: string; labels: Record<string, string> };
    readonly spec: {
      failurePolicy: string;
      matchConstraints: { resourceRules: ResourceRule[] };
      matchConditions: Expression[];
      variables: Expression[];
      validations: { expression: string; message: string; reason: string }[];
    };
  };
  readonly binding: {
    readonly metadata: { name: string; labels: Record<string, string> };
    readonly spec: { policyName: string; validationActions: string[] };
  };
}

interface ResourceRule {
  apiGroups: string[];
  apiVersions: string[];
  operations: string[];
  resources: string[];
}

interface Expression {
  name: string;
  expression: string;
}

/** A pod that is kept running, as a Deployment; that runs at its times, as a CronJob; or once, as a Job. */
export interface Workload {
  readonly name: string;
  /** How many of it run; of a CronJob, at once. @default 1 */
  readonly replicas?: number;
  /** When a run begins; each ends by itself. @default it runs all the time */
  readonly schedule?: PodSchedule;
  /** That it runs once and ends by itself, and how long it may take, seconds. @default no Job, and without a limit */
  readonly once?: { readonly limitSeconds?: number };
  /** Whom its programs run as. @default nobody */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly programs: readonly Program[];
  /** Programs that run to their end first. */
  readonly before?: readonly Program[];
  /** Whether it has the service's rights towards the cluster. @default false */
  readonly account?: boolean;
  /** Directories of the node that all its programs see; what is in them may be lost. @default none */
  readonly nodeDirectories?: readonly NodeDirectory[];
  /** Names of volumes that may be lost, for the reason that the service gives in `keeps`. @default none */
  readonly ephemeral?: readonly string[];
  /** RuntimeClass for the GPU. */
  readonly runtimeClass?: string;
  /** Whether an `up` waits until it runs. @default true */
  readonly awaited?: boolean;
}

/** When a CronJob begins a run. */
export interface PodSchedule {
  /** Five fields of cron. */
  readonly cron: string;
  /** @default that of the cluster's server */
  readonly timeZone?: string;
  /** How long a run may take until it is ended, seconds. */
  readonly limitSeconds: number;
}

/** A directory that is on the node already when the pod starts. */
export interface NodeDirectory {
  readonly name: string;
  /** On the node. */
  readonly path: string;
  /** In the pod. */
  readonly at: string;
}

/** A directory for what the pod writes, on the node's disk; it goes with the pod. */
export interface Scratch {
  readonly name: string;
  readonly at: string;
  /** Kept in memory. @default false */
  readonly inMemory?: boolean;
  /** A pod that writes more is recreated. @default the node's disk */
  readonly sizeLimit?: string;
}

/** A file of a ConfigMap. */
export interface MountedFile {
  /** Name of the ConfigMap. */
  readonly from: string;
  readonly key: string;
  readonly at: string;
}

/** A container of a pod. */
export interface Program {
  readonly name: string;
  /** Whole reference, without a digest. */
  readonly image: string;
  /** @default what the image starts */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Keys of the service's `secrets` that become variables of the same name. @default none */
  readonly secrets?: readonly string[];
  /** Variable that is the name of its pod. @default none */
  readonly podName?: string;
  readonly requests: { readonly cpu: string; readonly memory: string };
  /** What it is never given more of. @default none */
  readonly limits?: { readonly memory: string };
  /** TCP port; the pod listens on it. */
  readonly port?: number;
  /** TCP ports, where it listens on others too. @default none */
  readonly ports?: readonly number[];
  /** Whether the node's own address serves these ports too. */
  readonly onNode?: boolean;
  readonly probe?: Probe;
  readonly scratch?: readonly Scratch[];
  readonly files?: readonly MountedFile[];
  /** A Secret whose keys are files in a directory. @default none */
  readonly secretFiles?: { readonly from: string; readonly name: string; readonly at: string };
  /** Whether it is given the GPU. */
  readonly gpu?: boolean;
}

/** How it is known that a program works. */
export interface Probe {
  /** An HTTP path that answers 2xx, a service of the gRPC health protocol, or a command in the container that ends well. */
  readonly path?: string;
  readonly grpc?: string;
  readonly exec?: readonly string[];
  /** It is enough that the port takes a connection. */
  readonly tcp?: true;
  /** Port that is asked. @default the program's */
  readonly port?: number;
  /** Whether it is restarted when it does not answer any more. @default true */
  readonly restarts?: boolean;
  /** It may take so long to come up, seconds. */
  readonly startSeconds: number;
}

/** User of all programs: nobody in the images. What it writes goes with the pod. */
export const podUser = 1000;

/** Only on this node, which may vanish. */
export const placed = (node: Node) => ({
  nodeSelector: { "kubernetes.io/hostname": node.name },
  tolerations: [{ key: lifecycleKey, operator: "Equal", value: node.lifecycle, effect: "NoSchedule" }],
});

/** What every pod of a user may do on its node. @param user see {@link Workload.user} */
export const securityOf = ({ uid, gid }: NonNullable<Workload["user"]>) => ({
  runAsNonRoot: uid !== 0,
  runAsUser: uid,
  runAsGroup: gid,
  fsGroup: gid,
  seccompProfile: { type: "RuntimeDefault" },
});

export const podSecurity = securityOf({ uid: podUser, gid: podUser });

export const containerSecurity = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** In every container, beside its own scratch. */
export const tmp: Scratch = { name: "tmp", at: "/tmp" };
