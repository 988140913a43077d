import { z } from "zod";
import { RemoteError } from "../packages/errors";
import { connectionSchema, type ConnectionArgs } from "./connection-args";
import { rowsOf, runScript } from "./run";

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "must be a plain name such as tailscale");
const tag = z.string().regex(/^tag:[a-z][a-z0-9-]*$/, "must be a tag such as tag:storage");

/** Where headscale runs. */
const coordinatorSchema = z.strictObject({ connection: connectionSchema, container: name });
type Coordinator = z.infer<typeof coordinatorSchema>;

/** The inputs of homelab:mesh:Member; see provider/sdk/mesh.ts for their meaning. */
export const memberSchema = z
  .strictObject({
    connection: connectionSchema,
    container: name,
    stateFile: z.string().regex(/^\/[A-Za-z0-9._@/-]+$/, "must be an absolute path of plain characters"),
    server: z.string(),
    hostname: name,
    tag,
    authKey: z.string().default(""),
    coordinator: coordinatorSchema.optional(),
    address: z.string().optional(),
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
  /** Accepts routes or names of others, or serves SSH itself. */
  readonly more: readonly string[];
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
    ],
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

export function memberDifferences(
  spec: MemberSpec,
  seen: SeenMember | undefined,
  now: number,
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
  const known = login.length + unsaid.length + stopped.length + wrongServer.length === 0;
  const tags =
    known && !(seen.tags.length === 1 && seen.tags[0] === spec.tag)
      ? [`${where} has ${seen.tags.join(", ") || "no tag"} in the mesh, in the place of ${spec.tag}.`]
      : [];
  return {
    join: [...wrongServer, ...login, ...stopped, ...tags],
    set: [
      ...(seen.hostname === spec.hostname
        ? []
        : [`${where} is named ${seen.hostname || "nothing"} in the mesh, in the place of ${spec.hostname}.`]),
      ...seen.more.map((flag) => `tailscaled on ${where} has ${flag}, which it must not have.`),
    ],
    unknown: unsaid,
  };
}

/** What is no difference that an up puts right, but that a person must know: that it has another address than the topology says. */
export function wrongAddress(spec: MemberSpec, addresses: readonly string[]): string | undefined {
  if (spec.address === undefined || addresses.includes(spec.address)) return undefined;
  const { node } = spec.connection;
  return `${node} has ${addresses.join(", ")} in the mesh, and nodes.${node}.mesh of the topology is ${spec.address}: put the address there that it has.`;
}

const lines = (rows: readonly (readonly [string, string])[]) =>
  `${rows.map((row) => row.join("\t")).join("\n")}\nend\n`;
const decoded = (text: string | undefined) => Buffer.from(text ?? "", "base64").toString("utf8");
const encoded = (text: string) => Buffer.from(text, "utf8").toString("base64");

async function answers(
  connection: ConnectionArgs,
  script: string,
  rows: readonly (readonly [string, string])[],
  seconds: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const said = await runScript(connection, script, {
    ...{ stdin: lines(rows), timeoutSeconds: seconds, signal },
  });
  if (said.code !== 0) {
    throw new RemoteError(
      `The mesh on ${connection.node}: ${said.stderr.trim() || `${script} ended with ${said.code}`}`,
    );
  }
  return new Map(rowsOf(said.stdout).map(([key = "", value = ""]) => [key, value]));
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

/** A key made by headscale for one node, and the addresses of the entries that went for it. */
export async function headscaleKey(
  { connection, container }: Coordinator,
  { hostname, tag: wanted }: MemberSpec,
  signal: AbortSignal,
): Promise<{ readonly key: string; readonly removed: readonly string[] }> {
  const at = ["container", container] as const;
  const seen = await answers(connection, "mesh-nodes", [at], 120, signal);
  const former = entriesOf(decoded(seen.get("nodes")), hostname, wanted);
  const rows = [
    at,
    ["unit", `${container}.service`],
    ["tag", wanted],
    ["former", former.map(({ id }) => id).join(" ")],
  ] as const;
  const said = await answers(connection, "mesh-key", rows, 180, signal);
  return { key: decoded(said.get("key")), removed: former.flatMap(({ addresses }) => addresses.slice(0, 1)) };
}

const grantSchema = z.strictObject({
  src: z.array(z.string()).min(1),
  dst: z.array(z.string()).min(1),
  ip: z.array(z.string()).min(1),
});
const testSchema = z.strictObject({
  src: z.string(),
  accept: z.array(z.string()).optional(),
  deny: z.array(z.string()).optional(),
});

/** The inputs of homelab:mesh:PolicyPart; see provider/sdk/mesh.ts for their meaning. */
export const policySchema = z.strictObject({
  coordinator: coordinatorSchema,
  node: name,
  tag,
  owners: z.record(z.string(), z.array(z.string())),
  grants: z.array(grantSchema),
  tests: z.array(testSchema),
});
export type PolicySpec = z.infer<typeof policySchema>;

const inForce = z.object({
  tagOwners: z.record(z.string(), z.array(z.string())).default({}),
  grants: z.array(grantSchema.strip()).default([]),
  acls: z.array(z.unknown()).default([]),
  ssh: z.array(z.unknown()).default([]),
});

/** How the policy that is in force differs from a node's part of it: a sentence each. */
export function policyDifferences({ tag: own, owners, grants }: PolicySpec, policy: string): string[] {
  const what = `headscale's policy for ${own}`;
  if (policy.trim() === "") return [`${what} is missing: headscale lets every member reach everything.`];
  const parsed = inForce.safeParse(parsedJson(policy));
  if (!parsed.success) return [`${what} is none that this program wrote.`];
  const text = (grant: unknown) => JSON.stringify(grant);
  const there = parsed.data.grants.filter(({ dst }) => dst.includes(own)).map(text);
  const wanted = grants.map(({ src, dst, ip }) => text({ src, dst, ip }));
  const others = parsed.data.grants.filter(({ dst }) => !dst.every((one) => one in owners));
  return [
    ...wanted.filter((one) => !there.includes(one)).map((one) => `${what} lacks ${one}.`),
    ...there
      .filter((one) => !wanted.includes(one))
      .map((one) => `${what} has ${one}, which is not declared.`),
    ...[...others, ...parsed.data.acls, ...parsed.data.ssh].map(
      (one) => `headscale's policy has ${text(one)}, which is not declared.`,
    ),
    ...Object.entries(owners)
      .filter(([name, list]) => text(parsed.data.tagOwners[name]) !== text(list))
      .map(([name]) => `The owners of ${name} in headscale's policy are others than declared.`),
  ];
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The policy that is in force, JSON as it was written; empty when there is none. */
export async function askPolicy({ coordinator, node }: PolicySpec, signal: AbortSignal): Promise<string> {
  const rows = [
    ["verb", "look"],
    ["container", coordinator.container],
    ["node", node],
  ] as const;
  return decoded((await answers(coordinator.connection, "mesh-policy", rows, 90, signal)).get("policy"));
}

/** Puts a node's part in the place of its former one, and the whole in force; refused as a whole when a test fails. */
export async function setPolicy(spec: PolicySpec, signal: AbortSignal): Promise<void> {
  const { coordinator, node, owners, grants, tests } = spec;
  const numbered = (kind: string, all: readonly unknown[]) => [
    [`${kind}s`, String(all.length)] as const,
    ...all.map((one, i) => [`${kind}${i}`, encoded(JSON.stringify(one))] as const),
  ];
  await answers(
    coordinator.connection,
    "mesh-policy",
    [
      ["verb", "set"],
      ["container", coordinator.container],
      ["node", node],
      ["owners", encoded(JSON.stringify(owners))],
      ...numbered("grant", grants),
      ...numbered("test", tests),
    ],
    120,
    signal,
  );
}
