import { z } from "zod";
import { RemoteError } from "../packages/errors";
import { connectionSchema } from "./connection-args";
import { answers, coordinatorSchema, decoded, encoded, plainName, tag } from "./mesh-answers";

type Coordinator = z.infer<typeof coordinatorSchema>;

/** The inputs of homelab:mesh:Member. */
export const memberSchema = z
  .strictObject({
    /** How to reach the node over SSH. */
    connection: connectionSchema,
    /** Name of tailscaled's container; its unit has the same. */
    container: plainName,
    /** File on the node in which tailscaled keeps what it is known by. */
    stateFile: z.string().regex(/^\/[A-Za-z0-9._@/-]+$/, "must be an absolute path of plain characters"),
    /** URL of the coordination server; empty: Tailscale's own. */
    server: z.string(),
    /** Name in the mesh. */
    hostname: plainName,
    /** Its tag, which says what it may reach: `tag:storage`. */
    tag,
    /** Auth key or secret of an OAuth client, where Tailscale's service coordinates. @default none */
    authKey: z.string().default(""),
    /** headscale, which makes the key when the node joins. @default Tailscale's service */
    coordinator: coordinatorSchema.optional(),
    /** The address that the topology says it has. @default any */
    address: z.string().optional(),
    /** How long joining may take, seconds. @default 30 */
    timeoutSeconds: z.int().min(5).max(300).default(30),
  })
  .refine(({ server, coordinator }) => (server === "") === (coordinator === undefined), {
    error: "must have a server of its own together with its coordinator, or neither",
  });
export type MemberSpec = z.infer<typeof memberSchema>;

const tailscaleServer = "https://controlplane.tailscale.com";

const statusSchema = z.object({
  BackendState: z.string(),
  Self: z
    .object({
      TailscaleIPs: z.array(z.string()).nullish(),
      Tags: z.array(z.string()).nullish(),
      PublicKey: z.string().nullish(),
      KeyExpiry: z.string().nullish(),
      Expired: z.boolean().nullish(),
    })
    .nullish(),
});
const prefsSchema = z.object({
  ControlURL: z.string(),
  RouteAll: z.boolean(),
  CorpDNS: z.boolean(),
  RunSSH: z.boolean(),
  /** 0: it writes no rules of a firewall's. */
  NetfilterMode: z.int(),
  LoggedOut: z.boolean(),
  Hostname: z.string(),
});

/** A member as tailscaled on the node tells of it. */
export interface SeenMember {
  /** `Running`, `NeedsLogin`, `Stopped`; `NoState` or `Starting` without a word from its coordination server. */
  readonly backend: string;
  readonly server: string;
  readonly tags: readonly string[];
  readonly addresses: readonly string[];
  readonly hostname: string;
  /** Accepts routes or names of others, serves SSH itself, or writes rules of its own. */
  readonly more: readonly string[];
  /** By which the coordination server knows it, as `nodekey:…`. */
  readonly key?: string;
  /** When its key ends, in milliseconds. */
  readonly keyEnds?: number;
  /** What tailscaled is known by, base64. Secret. */
  readonly identity: string;
}

/** Pure: of what the two commands print. */
export function readMember(status: string, prefs: string, identity: string): SeenMember {
  const { BackendState, Self } = statusSchema.parse(JSON.parse(status));
  const own = prefsSchema.parse(JSON.parse(prefs));
  const ends = Date.parse(Self?.KeyExpiry ?? "");
  return {
    backend: own.LoggedOut || Self?.Expired === true ? "NeedsLogin" : BackendState,
    server: own.ControlURL,
    tags: Self?.Tags ?? [],
    addresses: Self?.TailscaleIPs ?? [],
    hostname: own.Hostname,
    more: [
      ...(own.RouteAll ? ["--accept-routes"] : []),
      ...(own.CorpDNS ? ["--accept-dns"] : []),
      ...(own.RunSSH ? ["--ssh"] : []),
      ...(own.NetfilterMode === 0 ? [] : ["--netfilter-mode"]),
    ],
    ...(typeof Self?.PublicKey === "string" ? { key: Self.PublicKey } : {}),
    // The year 1, or nothing: it has no end.
    ...(ends > 0 ? { keyEnds: ends } : {}),
    identity,
  };
}

/** How a member differs from what is declared, and what that asks for. */
export interface MemberDifferences {
  /** It must join: a sentence each. */
  readonly join: readonly string[];
  /** A setting of its own is another one. */
  readonly set: readonly string[];
  /** It does not know: its coordination server has not answered since it was started. */
  readonly unknown: readonly string[];
}

/** @param known keys of all nodes that headscale knows. @default it was not asked, or does not answer */
export function memberDifferences(
  spec: MemberSpec,
  seen: SeenMember | undefined,
  now: number,
  known?: readonly string[],
): MemberDifferences {
  const where = spec.connection.node;
  if (seen === undefined)
    return { join: [`tailscaled on ${where} does not run, or does not answer.`], set: [], unknown: [] };
  const server = spec.server === "" ? tailscaleServer : spec.server;
  const wrongServer =
    seen.server === server || (spec.server === "" && seen.server === "")
      ? []
      : [`${where} asks ${seen.server} in the mesh, in the place of ${server}.`];
  const ended = seen.keyEnds !== undefined && seen.keyEnds <= now;
  const login =
    seen.backend === "NeedsLogin" || ended
      ? [
          ended
            ? `The key of ${where} in the mesh has expired, ${new Date(seen.keyEnds).toISOString()}.`
            : `${where} is not logged in to the mesh.`,
        ]
      : [];
  const unsaid =
    seen.backend === "NoState" || seen.backend === "Starting"
      ? [`${where} has not reached ${server} since its tailscaled was started.`]
      : [];
  const stopped = seen.backend === "Stopped" ? [`The mesh is switched off on ${where}.`] : [];
  const member = login.length + unsaid.length + stopped.length + wrongServer.length === 0;
  // tailscaled itself goes on with what it was told last.
  const stranger =
    member && isStranger(seen, known)
      ? [`headscale does not know ${where}: its entry was removed, or headscale's data was lost.`]
      : [];
  const tags =
    member && !(seen.tags.length === 1 && seen.tags[0] === spec.tag)
      ? [`${where} has ${seen.tags.join(", ") || "no tag"} in the mesh, in the place of ${spec.tag}.`]
      : [];
  return {
    join: [...wrongServer, ...login, ...stopped, ...stranger, ...tags],
    set: [
      ...(seen.hostname === spec.hostname
        ? []
        : [`${where} is named ${seen.hostname || "nothing"} in the mesh, in the place of ${spec.hostname}.`]),
      ...seen.more.map((flag) => `tailscaled on ${where} has ${flag}, which it must not have.`),
    ],
    unknown: unsaid,
  };
}

/** Whether it goes on as a member of which headscale, which knows these keys, has never heard. One that was wiped does not. */
export const isStranger = ({ backend, key }: SeenMember, known: readonly string[] | undefined): boolean =>
  backend === "Running" && known !== undefined && key !== undefined && !known.includes(key);

/** What no up can put right: a coordination server gives addresses out by itself, and it has another than the topology says. */
export function wrongAddress(spec: MemberSpec, addresses: readonly string[]): string | undefined {
  if (spec.address === undefined || addresses.includes(spec.address)) return undefined;
  const { node } = spec.connection;
  return `${node} has ${addresses.join(", ")} in the mesh, and nodes.${node}.mesh of the topology is ${spec.address}: put the address there that it has, and run \`pulumi up\` for all three.`;
}

/** @param seconds to wait for it to know whether it is logged in. */
export async function askMember(
  { connection, container, stateFile }: MemberSpec,
  seconds: number,
  signal: AbortSignal,
): Promise<SeenMember | undefined> {
  const rows = [
    ["container", container],
    ["state", stateFile],
    ["wait", String(seconds)],
  ] as const;
  const said = await answers(connection, "mesh-look", rows, seconds + 60, signal);
  if (!said.has("status")) return undefined;
  return readMember(decoded(said.get("status")), decoded(said.get("prefs")), said.get("identity") ?? "");
}

/** How a member comes to be as declared: known again, with a key, or with its settings alone. */
export type JoinBy =
  | { readonly verb: "restore"; readonly identity: string }
  | { readonly verb: "join"; readonly key: string }
  | { readonly verb: "set" };

export async function joinMesh(spec: MemberSpec, by: JoinBy, signal: AbortSignal): Promise<void> {
  await answers(
    spec.connection,
    "mesh-join",
    [
      ["verb", by.verb],
      ["container", spec.container],
      ["unit", `${spec.container}.service`],
      ["state", spec.stateFile],
      ["server", spec.server],
      ["hostname", spec.hostname],
      // headscale takes the tags of the key, and no others.
      ["tags", spec.coordinator === undefined ? spec.tag : ""],
      ["timeout", String(spec.timeoutSeconds)],
      ...(by.verb === "restore" ? [["identity", by.identity] as const] : []),
      ...(by.verb === "join" ? [["key", encoded(by.key)] as const] : []),
    ],
    spec.timeoutSeconds + 60,
    signal,
  );
}

const nodesSchema = z
  .array(
    z.object({
      id: z.union([z.number(), z.string()]),
      name: z.string().default(""),
      given_name: z.string().default(""),
      node_key: z.string().default(""),
      tags: z.array(z.string()).nullish(),
      ip_addresses: z.array(z.string()).nullish(),
    }),
  )
  .nullable();

/** Entries of headscale that are a node's, as `headscale nodes list --output json` has them. */
export const entriesOf = (nodes: string, hostname: string, wanted: string) =>
  (nodesSchema.parse(JSON.parse(nodes)) ?? [])
    .filter((one) => [one.name, one.given_name].includes(hostname) && (one.tags ?? []).includes(wanted))
    .map(({ id, ip_addresses }) => ({ id: String(id), addresses: ip_addresses ?? [] }));

const nodesOf = async ({ connection, container }: Coordinator, seconds: number, signal: AbortSignal) => {
  const rows = [
    ["container", container],
    ["wait", String(seconds)],
  ] as const;
  return decoded((await answers(connection, "mesh-nodes", rows, seconds + 60, signal)).get("nodes"));
};

/** Keys of all nodes that headscale knows, as `headscale nodes list --output json` has them. */
export const keysOf = (nodes: string): readonly string[] =>
  (nodesSchema.parse(JSON.parse(nodes)) ?? []).map(({ node_key }) => node_key);

/** The same, asked; nothing while it does not answer, which nothing that runs needs. */
export async function knownKeys(
  coordinator: Coordinator,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    return keysOf(await nodesOf(coordinator, 2, signal));
  } catch (error) {
    if (error instanceof RemoteError) return undefined;
    throw error;
  }
}

/** A key made by headscale for one node, and the addresses of the entries that went for it. */
export async function headscaleKey(
  coordinator: Coordinator,
  { hostname, tag: wanted }: MemberSpec,
  signal: AbortSignal,
): Promise<{ readonly key: string; readonly removed: readonly string[] }> {
  const { connection, container } = coordinator;
  const former = entriesOf(await nodesOf(coordinator, 60, signal), hostname, wanted);
  const rows = [
    ["container", container],
    ["unit", `${container}.service`],
    ["tag", wanted],
    ["former", former.map(({ id }) => id).join(" ")],
  ] as const;
  const said = await answers(connection, "mesh-key", rows, 180, signal);
  return { key: decoded(said.get("key")), removed: former.flatMap(({ addresses }) => addresses.slice(0, 1)) };
}
