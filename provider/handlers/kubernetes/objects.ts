import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ApiAnswer, AskApi } from "./api";

/** The kinds that this project declares, by what the API calls them in its paths. */
const collections = {
  ClusterRole: "clusterroles",
  ClusterRoleBinding: "clusterrolebindings",
  ConfigMap: "configmaps",
  CronJob: "cronjobs",
  DaemonSet: "daemonsets",
  Deployment: "deployments",
  Ingress: "ingresses",
  Job: "jobs",
  Namespace: "namespaces",
  NetworkPolicy: "networkpolicies",
  PriorityClass: "priorityclasses",
  Role: "roles",
  RoleBinding: "rolebindings",
  RuntimeClass: "runtimeclasses",
  Secret: "secrets",
  Service: "services",
  ServiceAccount: "serviceaccounts",
  StatefulSet: "statefulsets",
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
} as const;

/** An object of the cluster: whole, or only what names it. */
export const objectSchema = z.looseObject({
  /** Group and version of its kind, e.g. `apps/v1`. */
  apiVersion: z.string().min(1),
  /** Its kind, e.g. `Deployment`. */
  kind: z.enum(Object.keys(collections) as [keyof typeof collections]),
  /** What names it, and what else its metadata are to be. */
  metadata: z.looseObject({
    /** Its name. */
    name: z.string().min(1),
    /** Namespace that it is in. @default none, as for a kind that is in no namespace */
    namespace: z.string().optional(),
  }),
});

/** An object as declared, or only what names it: then it is enough that it is there. */
export type DeclaredObject = z.infer<typeof objectSchema>;

/** What Pulumi's Kubernetes provider itself notes at an object; in what is declared it is only where somebody chose it. */
const ofTheProvider = (key: string) =>
  key.startsWith("pulumi.com/") || key === "app.kubernetes.io/managed-by";

/** The annotation by which a program chooses the name under which the provider writes an object. */
const chosenManager = "pulumi.com/patchFieldManager";

type Metadata = Readonly<Record<string, unknown>>;
const metadataOf = ({ metadata }: Readonly<Record<string, unknown>>) => (metadata ?? {}) as Metadata;
const texts = (metadata: Metadata, key: "annotations" | "labels") =>
  (metadata[key] ?? {}) as Readonly<Record<string, string>>;

/**
 * The name under which Pulumi's Kubernetes provider writes the object: only the writer of a field can take it back without
 * leaving it to two. Undefined where it was not the one that wrote it.
 */
function managerOf(object: DeclaredObject, live: Readonly<Record<string, unknown>>): string | undefined {
  const chosen = texts(object.metadata, "annotations")[chosenManager];
  if (chosen !== undefined) return chosen;
  const writers = (metadataOf(live).managedFields ?? []) as readonly {
    readonly manager: string;
    readonly operation: string;
    readonly time?: string;
  }[];
  return writers
    .filter(({ manager, operation }) => operation === "Apply" && manager.startsWith("pulumi-kubernetes-"))
    .sort((one, other) => (one.time ?? "").localeCompare(other.time ?? ""))
    .at(-1)?.manager;
}

/** As the provider sends it: with what it noted itself. */
function asSent(object: DeclaredObject, live: Readonly<Record<string, unknown>>): DeclaredObject {
  const noted = (key: "annotations" | "labels") => {
    const kept = Object.entries(texts(metadataOf(live), key)).filter(([name]) => ofTheProvider(name));
    const all = { ...Object.fromEntries(kept), ...texts(object.metadata, key) };
    return Object.keys(all).length === 0 ? {} : { [key]: all };
  };
  return { ...object, metadata: { ...object.metadata, ...noted("annotations"), ...noted("labels") } };
}

const titleOf = ({ kind, metadata: { name, namespace } }: DeclaredObject) =>
  `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;

function pathOf({ apiVersion, kind, metadata: { name, namespace } }: DeclaredObject): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${group}${within}/${collections[kind]}/${encodeURIComponent(name)}`;
}

const onlyNamed = (object: DeclaredObject) =>
  Object.keys(object).every((key) => ["apiVersion", "kind", "metadata"].includes(key));

/** What the server answered, where it is an answer: anything else is not to be taken for one. */
function read(object: DeclaredObject, { status, body }: ApiAnswer): Record<string, unknown> {
  if (status < 300) return JSON.parse(body) as Record<string, unknown>;
  const said = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  throw new Error(
    `${titleOf(object)}: the API answers with ${status}${said === undefined ? "" : ` (${said})`}.`,
  );
}

/** Without what the server writes. */
function decided({ metadata, ...object }: Record<string, unknown>): Record<string, unknown> {
  const without = (all: object, keys: readonly string[]) =>
    Object.fromEntries(Object.entries(all).filter(([key]) => !keys.includes(key)));
  return {
    ...without(object, ["status"]),
    metadata: without(metadata ?? {}, ["managedFields", "resourceVersion", "generation"]),
  };
}

export interface ObjectDifference {
  readonly says: string;
  /** Undefined where only the resource that made the object has all of it. */
  readonly mend: ((signal: AbortSignal) => Promise<void>) | undefined;
}

/**
 * How an object in the cluster differs from the declared one. What would become of it is asked of the server itself, which
 * knows about defaults and equal ways of writing a value; nothing is changed by that.
 */
export async function objectDifference(
  object: DeclaredObject,
  ask: AskApi,
  signal: AbortSignal,
): Promise<ObjectDifference | undefined> {
  const path = pathOf(object);
  const answer = await ask("GET", path, signal);
  const live = answer.status === 404 ? undefined : read(object, answer);
  const missing = `${titleOf(object)} is missing in the cluster.`;
  if (onlyNamed(object)) return live === undefined ? { says: missing, mend: undefined } : undefined;
  const manager = managerOf(object, live ?? {});
  if (manager === undefined) {
    const says = live === undefined ? missing : `${titleOf(object)} in the cluster was replaced by hand.`;
    return { says, mend: undefined };
  }
  const sent = JSON.stringify(asSent(object, live ?? {}));
  const write = async (query: string, until: AbortSignal) =>
    read(object, await ask("PATCH", `${path}?fieldManager=${manager}&force=true${query}`, until, sent));
  const mend = (until: AbortSignal) => write("", until).then(() => undefined);
  if (live === undefined) return { says: missing, mend };
  return isDeepStrictEqual(decided(live), decided(await write("&dryRun=All", signal)))
    ? undefined
    : { says: `${titleOf(object)} in the cluster was changed by hand.`, mend };
}
