/**
 * The facts the placement engine judges: what workloads, claims, volumes and resources say, without a verdict.
 *
 * A reader (plain files, Pulumi resources, exported state) turns what it reads into `Facts`; the engine turns
 * facts and a topology into violations. What a reader cannot determine is a fact too: it says `unknown(why)`,
 * and the rules treat that as the worst case. Nothing here is an Output, a promise or a handle: all plain values.
 */

/** Something a reader could not determine. `why` is a clause that fits after "because": "${DATA} is not set". */
export interface Unknown {
  readonly kind: "unknown";
  readonly why: string;
}

/** A value, or the statement that it could not be determined. */
export type Told<T> = T | Unknown;

/** Says that a value could not be determined. */
export function unknown(why: string): Unknown {
  return { kind: "unknown", why };
}

/** True when a reader could not determine the value. */
export function isUnknown(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "unknown";
}

/** Where a fact was found; messages name it. */
export interface Origin {
  /** File path as given by the user, or the URN of a resource. Facts of one Pulumi stack may share "". */
  readonly file: string;
  /** What people call the thing: "Deployment shop/web", "service db", "unit web.container". */
  readonly resource: string;
  /** Set when the thing is put on a node by a command or file over SSH. */
  readonly via?: "ssh";
}

/** One requirement on a node's labels, or on its fields (then `key` is "metadata.name" and `field` true). */
export interface NodeRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" | Unknown;
  readonly values: readonly string[];
  readonly field?: boolean;
}

/** A pod's toleration. All fields optional, as in Kubernetes: no key with Exists tolerates every taint. */
export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

/** Placement by a scheduler: everything that is stated must hold. An empty one may land anywhere. */
export interface ScheduledPlacement {
  readonly kind: "scheduled";
  /** `spec.nodeName`: skips the scheduler. */
  readonly nodeName?: string;
  /** `nodeSelector`: every label must be on the node. */
  readonly selector: Readonly<Record<string, string>>;
  /** Required affinities: of each list at least one term must hold; a term holds when all its requirements do. */
  readonly required: readonly (readonly (readonly NodeRequirement[])[])[];
  readonly tolerations: readonly Toleration[];
}

/** Placement on one machine: docker provider host, SSH connection. A node's name or one of its addresses. */
export interface HostPlacement {
  readonly kind: "host";
  readonly host: string;
}

/** Where a thing can land. Unknown counts as: on any node. */
export type Placement = ScheduledPlacement | HostPlacement | Unknown;

/** The placement that states nothing. */
export const anywhere: ScheduledPlacement = {
  kind: "scheduled",
  selector: {},
  required: [],
  tolerations: [],
};

/** The declaration that what a workload keeps may be lost. */
export interface EphemeralDeclaration {
  /** Value of `homelab.dev/ephemeral`; blank means no reason, and then there is no exemption. */
  readonly reason: string;
  /** Value of `homelab.dev/ephemeral-volumes`, split: names of volumes, claims or mount paths. Absent = all. */
  readonly volumes?: readonly string[];
}

/** How a claim or template names its class. */
export type ClassName =
  | { readonly kind: "named"; readonly name: string; readonly by: "field" | "annotation" }
  /** No class is named: the cluster's default is taken (K3s: local-path). */
  | { readonly kind: "unnamed" }
  /** The empty string: no provisioner; only a volume that already exists can be bound. */
  | { readonly kind: "none" }
  | Unknown;

/** What a claim asks for: of a PersistentVolumeClaim, a StatefulSet's template, an operator's storage block. */
export interface ClaimSpec {
  readonly class: ClassName;
  /** `spec.volumeName`: the PersistentVolume asked for by name. */
  readonly volumeName?: string;
  /** `spec.selector.matchLabels`. */
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly accessModes?: readonly string[];
  /** Requested size in bytes, where it could be read. */
  readonly size?: number;
  /** "Block" for raw block volumes. */
  readonly mode?: string;
}

/** Where a workload's volume comes from. */
export type VolumeSource =
  /** Gone with its container or pod by its kind: emptyDir, tmpfs, generic ephemeral, overlay. `as` names it. */
  | { readonly kind: "ephemeral"; readonly as: string }
  /** Given to the container, not written by it: configMap, secret, projected, downwardAPI, image. */
  | { readonly kind: "config"; readonly as: string }
  /** Storage off the node: nfs, cifs, iscsi, rbd, cephfs, a cloud disk. */
  | { readonly kind: "network"; readonly as: string }
  /** A directory, file or device of the node given to a pod. `type` is Kubernetes' hostPath type. */
  | { readonly kind: "hostPath"; readonly path: Told<string>; readonly type?: string }
  /** A directory or file of the node given to a container by a container engine. */
  | { readonly kind: "bind"; readonly path: Told<string> }
  /** A container engine's volume by name; resolved against `Facts.namedVolumes`. */
  | { readonly kind: "named"; readonly name: string }
  /** A container engine's volume without a name. */
  | { readonly kind: "anonymous" }
  /** A container whose root file system is a directory of the node. */
  | { readonly kind: "rootfs"; readonly path: string }
  /** A PersistentVolumeClaim by name, in the workload's namespace; resolved against `Facts.claims`. */
  | { readonly kind: "claim"; readonly claim: Told<string> }
  /** A claim made for the workload: StatefulSet's volumeClaimTemplates. */
  | { readonly kind: "claimTemplate"; readonly spec: ClaimSpec }
  /** A volume type that is neither node-local nor known to be off the node (csi, flexVolume of any driver). */
  | { readonly kind: "driver"; readonly driver: string }
  | Unknown;

/** One use of a volume by a container. */
export interface Mount {
  readonly container: string;
  /** Path in the container (for raw block: the device path). */
  readonly target: string;
  readonly readOnly: boolean;
}

/** A volume of a workload and who mounts it. */
export interface Volume {
  /** Its name where it has one (pod volume, engine volume), else what stands for it in messages. */
  readonly name: string;
  readonly source: VolumeSource;
  readonly mounts: readonly Mount[];
  /** False when mounts may exist that the reader cannot see (patches, custom resources): taken as written to. */
  readonly mountsKnown: boolean;
  /** File to report it in, where that is not the workload's own (a quadlet drop-in). */
  readonly file?: string;
}

/** The value of an environment variable: a text, or set by a reference (secret, config, output) one cannot see. */
export type EnvValue = string | { readonly kind: "reference"; readonly to: string };

/** A container of a workload, for the rules that look at what runs in it. */
export interface Container {
  readonly name: string;
  readonly image: Told<string>;
  readonly role: "main" | "init" | "sidecar" | "debug";
  /** What replaces the image's entrypoint, where stated. */
  readonly entrypoint?: readonly string[];
  /** What is handed to the entrypoint, where stated. */
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, EnvValue>>;
  /** Set where the volumes that its image declares are kept in memory. */
  readonly imageVolumes?: "tmpfs";
  /** ConfigMaps and Secrets whose every key becomes a variable: "ConfigMap NAME", "Secret NAME". */
  readonly envFrom: readonly string[];
}

/** Something that runs containers and can land on a node. */
export interface Workload {
  readonly origin: Origin;
  /** Kubernetes (rules 2, 4) or a container engine such as docker, podman, compose, quadlet (rule 5). */
  readonly engine: "kubernetes" | "containers";
  readonly namespace?: string;
  readonly placement: Placement;
  readonly volumes: readonly Volume[];
  readonly containers: readonly Container[];
  readonly ephemeral?: EphemeralDeclaration;
}

/** A PersistentVolumeClaim. */
export interface Claim {
  readonly origin: Origin;
  readonly name: string;
  readonly namespace?: string;
  readonly spec: ClaimSpec;
}

/** A PersistentVolume. */
export interface PersistentVolume {
  readonly origin: Origin;
  readonly name: string;
  readonly source:
    | { readonly kind: "hostPath" | "local"; readonly path: Told<string> }
    | { readonly kind: "network"; readonly as: string }
    | { readonly kind: "driver"; readonly driver: string }
    | Unknown;
  /** Its node affinity as a placement; `anywhere` where it has none. */
  readonly placement: Placement;
  readonly class: ClassName;
  readonly labels: Readonly<Record<string, string>>;
  readonly accessModes?: readonly string[];
  /** Capacity in bytes, where it could be read. */
  readonly size?: number;
  readonly mode?: string;
  readonly claimRef?: { readonly namespace?: string; readonly name: string };
}

/** A StorageClass defined in the stack. */
export interface StorageClass {
  readonly origin: Origin;
  readonly name: string;
  readonly provisioner: string;
}

/** A container engine's volume: compose `volumes:`, a `.volume` unit, docker.Volume. */
export interface NamedVolume {
  readonly origin: Origin;
  /** Names by which workloads may refer to it (compose key, unit file name, volume name). */
  readonly names: readonly string[];
  readonly driver: Told<string>;
  /** Options of the local driver, lower-case keys: type, o, device. */
  readonly options: Readonly<Record<string, string>>;
  /** Made outside of what was read. */
  readonly external: boolean;
  /** True where the definition alone makes the volume on the node (unit, docker.Volume); compose makes on use. */
  readonly makesItself: boolean;
  readonly placement: Placement;
  readonly ephemeral?: EphemeralDeclaration;
}

/** Storage that an operator or a Helm release will make for its resource. */
export interface OperatorStorage {
  readonly origin: Origin;
  readonly namespace?: string;
  readonly by: "operator" | "helm";
  readonly placement: Placement;
  /** Path of the field in the resource ("spec.storage"), or what stands for it. */
  readonly field: string;
  readonly storage:
    | { readonly kind: "claimTemplate"; readonly spec: ClaimSpec }
    | { readonly kind: "claim"; readonly claim: Told<string> }
    | { readonly kind: "hostPath"; readonly path: Told<string> }
    | Unknown;
  readonly ephemeral?: EphemeralDeclaration;
}

/** A ConfigMap or Secret with readable text, for rules that look whether a service is pointed at a database. */
export interface ConfigText {
  readonly origin: Origin;
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly namespace?: string;
  readonly data: Readonly<Record<string, string>>;
}

/**
 * A command or file put on a node over SSH that sets up something the other facts cannot express: a database
 * installed by a package manager, a file system made, a text that is not known. Containers, volumes and quadlets
 * found in such texts are `Workload`s and `NamedVolume`s with `origin.via: "ssh"` instead.
 */
export interface RemoteSetup {
  readonly origin: Origin;
  readonly placement: Placement;
  /** What it sets up, as in "it installs PostgreSQL"; or why that is not known. */
  readonly sets: Told<string>;
  readonly ephemeral?: EphemeralDeclaration;
}

/** All that is known of a stack or a set of files. Order within each list is kept in reports. */
export interface Facts {
  readonly workloads: readonly Workload[];
  readonly claims: readonly Claim[];
  readonly persistentVolumes: readonly PersistentVolume[];
  readonly storageClasses: readonly StorageClass[];
  readonly namedVolumes: readonly NamedVolume[];
  readonly operatorStorage: readonly OperatorStorage[];
  readonly configTexts: readonly ConfigText[];
  readonly remoteSetups: readonly RemoteSetup[];
}

/** Facts that a reader is still gathering. */
export type FactsBuilder = { -readonly [K in keyof Facts]: Facts[K][number][] };

/** An empty set of facts to add to. */
export function noFacts(): FactsBuilder {
  return {
    workloads: [],
    claims: [],
    persistentVolumes: [],
    storageClasses: [],
    namedVolumes: [],
    operatorStorage: [],
    configTexts: [],
    remoteSetups: [],
  };
}
