import type { z } from "zod";
import type { ContainerSection } from "../packages/quadlet";
import type { PodContext, PodRun } from "./pod";
import type { QuadletKeys } from "./quadlet-keys";
import type { Node, NodeName, Topology } from "../topology";

/** A port that a service listens on, on its node. */
export interface ServicePort {
  /** As the firewall, messages and dashboards call it: letters, digits, blanks. */
  readonly title: string;
  readonly port: number;
  /** Key below `homelab:` that chooses it, e.g. `minio.apiPort`. @default its number is fixed */
  readonly key?: string;
  /** @default tcp */
  readonly protocol?: "tcp" | "udp";
  /**
   * Who may connect, beside the node itself: the topology's nodes, these and the operators, the nodes named, or anyone.
   * Whatever listens on loopback only is not declared here.
   */
  readonly from: "nodes" | "operators" | "anyone" | readonly NodeName[];
  /** What listens: a program in the node's own network, or a pod that is given the port. @default program */
  readonly servedBy?: "program" | "pod";
  /** Stack output that tells others the port's URL, e.g. `MLFLOW_TRACKING_URI`. @default none */
  readonly output?: string;
  /** The URL's scheme. @default http */
  readonly scheme?: string;
  /** Path that Prometheus reads. @default not scraped */
  readonly metrics?: string;
  /** `mesh`: it carries the mesh, so it cannot be reached by it. @default what a service offers */
  readonly carries?: "mesh";
  /**
   * `always`: by the LAN also with `homelab:mesh.only`, because what goes there does not go by the mesh. `before-mesh`: not any
   * more once the house's traffic goes by the mesh, for whoever listens believes an address. @default until `homelab:mesh.only`
   */
  readonly lan?: "always" | "before-mesh";
}

/** What becomes of a service's data. */
export type Keeps =
  | { readonly kind: "nothing" }
  /** Data that costs nothing to lose, and why. */
  | { readonly kind: "ephemeral"; readonly paths: readonly string[]; readonly reason: string }
  /** Data that is nowhere else. */
  | {
      readonly kind: "persistent";
      readonly paths: readonly string[];
      /**
       * `files`: with the node's files, into its repository; `dump`: a directory that is, into which its own `dump` writes
       * before each backup; else the way of its own, in a few words.
       */
      readonly backup: "files" | { readonly dump: string } | { readonly own: string };
    };

/** How a service runs as a container of systemd's. */
export interface QuadletRun {
  /** Name of container and unit. */
  readonly name: string;
  /** What systemd calls it. */
  readonly description: string;
  /** Whole reference of the image. */
  readonly image: string;
  readonly container: Omit<ContainerSection, "image" | "pull" | "containerName" | "logDriver" | "network"> &
    Partial<Pick<ContainerSection, "network">>;
  /** Configuration files in /etc/homelab/NAME, each mounted read-only. */
  readonly files?: readonly QuadletFile[];
  /** Owner of the directories that it keeps, as `uid:gid`. @default 0:0 */
  readonly owner?: string;
  /** Memory that it is never given more of, e.g. `512M`. @default no limit */
  readonly memory?: string;
  /** Whom it may speak to by IP; the kernel holds it, on a node with systemd. @default anybody */
  readonly reaches?: "loopback";
  readonly health: { readonly http: string } | { readonly tcp: string } | { readonly exec: string[] };
  /** How long it may take to come up, seconds. @default 60 */
  readonly startSeconds?: number;
  /**
   * Commands on the node before each start of the container, argument by argument: the program by its whole path, and `-`
   * in front of that where a failure does not matter. @default none
   */
  readonly before?: readonly (readonly string[])[];
  /**
   * Command on the node once the unit is stopped for good, argument by argument, the program by its whole path: it takes
   * away what outlives the container, and may be run again where that is gone. @default none
   */
  readonly onRemoval?: readonly string[];
  /** When a run of it begins; each ends by itself. @default it runs all the time */
  readonly schedule?: Schedule;
  /** Whether it is restarted when it runs and `health` fails for two minutes. @default true */
  readonly watch?: boolean;
  /**
   * A script that writes what it keeps into the directory that it names as `keeps.backup.dump`, of one moment, all or
   * nothing; run on the node before each backup of files. @default none
   */
  readonly dump?: string;
  /** Command for a reload on the node, argument by argument. @default a change restarts it */
  readonly reload?: string[];
  /** Further keys of the quadlet, from the stack file. @default none */
  readonly more?: QuadletKeys;
}

/** When something runs that ends by itself. */
export interface Schedule {
  /** One missed while the node was off begins when it is on again, once. @see systemd.time(7) "Calendar events" */
  readonly at: readonly string[];
  /** How long a run may take until it is ended, seconds. */
  readonly limitSeconds: number;
}

export interface QuadletFile {
  readonly name: string;
  readonly content: string;
  /** Path in the container. */
  readonly at: string;
  /** @default restart */
  readonly onChange?: "restart" | "reload" | "nothing";
}

/** Name of the podman secret in which a service has a password. */
export const secretName = (name: string, key: string): string => `homelab-${name}-${key}`;

/** Where storage's PostgreSQL and object store are, and what opens them. */
export interface StorageValues {
  /** Connection strings by role, then by database. */
  readonly dsns: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly s3Endpoint: string;
  /** Keys by user. */
  readonly s3: Readonly<Record<string, { readonly accessKey: string; readonly secretKey: string }>>;
  /** Passwords of storage's services, by service, then by key. @default none */
  readonly passwords?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
}

/** A database of storage's PostgreSQL that a service keeps its books in. */
export interface Books {
  readonly role: string;
  readonly database: string;
  readonly extensions: readonly string[];
}

/** A service asks for what storage does not hand out: a sentence for the person at the terminal. */
export class NotHandedOutError extends Error {
  override readonly name = "NotHandedOutError";
}

/** What a secret may be made of. */
export interface SecretSources {
  readonly storage: StorageValues;
  /** The service's own passwords by key. */
  readonly passwords: Readonly<Record<string, string>>;
  /** Passwords of the node's services, by service, then by key. @default none */
  readonly services?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** URLs of the node's ports, by their stack outputs. @default none */
  readonly urls?: Readonly<Record<string, string>>;
}

/** What a service may know of the house when it is rendered. */
export interface ServiceContext {
  readonly node: Node;
  readonly topology: Topology;
}

/** What a service's settings are judged by, beyond their schema. */
export interface JudgedBy {
  readonly node: Node;
  readonly topology: Topology;
  /** Settings of the whole stack, by key. */
  readonly stack: Readonly<Record<string, unknown>>;
  /** Names of the stack outputs that the node's ports have. */
  readonly outputs: readonly string[];
  /** Keys of the passwords that the node's services have, by service. */
  readonly users: Readonly<Record<string, readonly string[]>>;
}

/** Whether another service of the same stack is switched on. */
export const isOn = (stack: JudgedBy["stack"], key: string): boolean =>
  (stack[key] as { readonly enabled?: unknown } | undefined)?.enabled === true;

/** A service that is of no use without another one: a sentence, unless both are on. */
export const needs = (key: string, other: string, stack: JudgedBy["stack"]): string[] =>
  isOn(stack, key) && !isOn(stack, other)
    ? [`homelab:${key}.enabled is true: homelab:${other}.enabled must be true for it.`]
    : [];

/**
 * One service of the house: all that the other rooms have to know of it, as plain values. The stack's schema, the
 * firewall, the check for ports taken twice, `homelab pin`, stack outputs, what is scraped and what is backed up are
 * derived from it.
 *
 * @typeParam W the settings that hold its own, for a key such as `compute.ollama`.
 */
export interface Service<
  K extends string = string,
  N extends NodeName = NodeName,
  S extends z.ZodType = z.ZodType,
  W = unknown,
> {
  /** As people write its name. */
  readonly title: string;
  /** One line: what it is there for. */
  readonly purpose: string;
  /** Its key in a stack file, below `homelab:`. */
  readonly key: K;
  /** The nodes that it may run on. */
  readonly on: readonly N[];
  /** Schema of its key, every part with its default. */
  readonly settings: S;
  /**
   * What is wrong with its settings that the schema cannot see, also while it is off: one message per problem, with the key,
   * the value and what is allowed. @default nothing
   */
  problems?(settings: z.output<S>, given: JudgedBy): readonly string[];
  /** Whether it runs. @param stack settings of the whole stack, for what another key switches on */
  enabled(settings: z.output<S>, within: W, stack?: object): boolean;
  /** Images that it runs with, whole references. @default none */
  images?(settings: z.output<S>): readonly string[];
  /** Ports that are open while it runs. @param stack as of `enabled` @default none */
  ports?(settings: z.output<S>, stack?: object): readonly ServicePort[];
  keeps(settings: z.output<S>, within: W): Keeps;
  /** The database that it keeps its books in: made on storage, with its owner, when the service runs there. @default none */
  database?(settings: z.output<S>): Books;
  /** Keys of the passwords that are made for it, each a podman secret `homelab-NAME-KEY`. @default none */
  passwords?(settings: z.output<S>): readonly string[];
  /**
   * Secrets that are made of others: of its passwords, and of what storage hands out, such as a connection string. By
   * key, each a podman secret like those; of a service that runs as pods, a variable of its programs. @default none
   */
  secrets?(settings: z.output<S>): Readonly<Record<string, (given: SecretSources) => string>>;
  /**
   * Of a service that runs as pods: files that only its programs may read, made of others as `secrets` are, in a Secret
   * `NAME-credentials` of the cluster. @default none
   */
  credentials?(settings: z.output<S>): Readonly<Record<string, (given: SecretSources) => string>>;
  /**
   * The services that its settings name, each with the name of its unit, for a key that holds several of a kind: they
   * are in every derived list in its place. @default it is one service itself
   */
  each?(settings: z.output<S>): readonly { readonly name: string; readonly service: Service }[];
  /** How it runs as a container of systemd's, unless a component of its own does that. */
  quadlet?(settings: z.output<S>, context: ServiceContext): QuadletRun;
  /** How it runs as pods of the cluster. */
  pod?(settings: z.output<S>, context: PodContext): PodRun;
}

/** Services by name: the house's, or those of a test. */
export type Services = Readonly<Record<string, Service>>;

/** Says what a service is; there for its types. */
export const service = <const K extends string, const N extends NodeName, S extends z.ZodType, W = unknown>(
  of: Service<K, N, S, W>,
): Service<K, N, S, W> => of;
