import { isIPv4 } from "node:net";
import { z } from "zod";
import { pathOfSecret } from "../packages/quadlet";
import { flag, image, listOf, port, strict } from "./fields";
import { quadletKeys } from "./quadlet-keys";
import { isOn, secretName, service, type JudgedBy, type QuadletRun } from "./service";
import { goesByMesh } from "../topology";
import { meshUrl } from "./headscale";

const line = (what: string) =>
  z.string({ error: `must be ${what}` }).regex(/^[^\s]*$/, `must be ${what}, one word`);

/** `homelab:mesh`: the node as a member of the house's tailnet. */
const meshSchema = strict({
  enabled: flag.default(false).describe("whether the node is a member of the mesh"),
  coordination: z
    .enum(["tailscale", "headscale"], { error: "must be tailscale or headscale" })
    .default("tailscale")
    .describe(
      "who coordinates it: `tailscale`, the company's service, or `headscale`, which runs on storage (`homelab:headscale`)",
    ),
  url: meshUrl
    .default("")
    .describe("with `headscale`: `homelab:headscale.url` of storage's stack, the same on every node"),
  image: image.default("docker.io/tailscale/tailscale:v1.102.0").describe("tailscaled, an exact tag"),
  port: port
    .default(41641)
    .describe("its UDP port, open to anyone; what is no peer of the tailnet gets no answer"),
  authKey: line("an auth key or the secret of an OAuth client")
    .default("")
    .describe(
      "with `tailscale`: an auth key with the node's tag, or the secret of an OAuth client with the scope `auth_keys` and that tag; `headscale` makes one when the node joins. Secret",
    ),
  only: flag
    .default(false)
    .describe(
      "whether the ports that services declare are closed to the other nodes on the LAN, and open by the mesh alone; SSH, the Kubernetes API, what is open to anyone and `operators` of the topology stay",
    ),
  operators: listOf(
    z
      .string()
      .regex(
        /^([^\s"@:]+@[^\s"@:]*|group:[^\s"@:]+|autogroup:[a-z-]+|tag:[a-z0-9-]+)$/,
        "must be a user such as ada@example.org, a group or a tag",
      ),
  )
    .default([])
    .describe(
      "who on the mesh may connect where `operators` may, SSH included, beside the nodes: users, groups and tags of the tailnet",
    ),
  stateDirectory: z
    .string()
    .regex(/^\/var\/lib(\/[A-Za-z0-9][A-Za-z0-9._-]*)+$/, "must be a directory below /var/lib")
    .default("/var/lib/homelab-tailscale")
    .describe(
      "directory on the node that holds its identity on the mesh; a copy is in the stack's state, encrypted",
    ),
  quadlet: quadletKeys.describe("further keys of its quadlet, by section"),
});
export type MeshSettings = z.output<typeof meshSchema>;

function problems(own: MeshSettings, judged: JudgedBy): string[] {
  return [...trafficProblems(own, judged), ...joiningProblems(own, judged)];
}

/** Nobody is to be told an address that nothing answers at, and no port is closed before there is another way in. */
function trafficProblems({ enabled, only }: MeshSettings, { node, topology }: JudgedBy): string[] {
  if (!enabled)
    return [
      ...(goesByMesh(topology)
        ? [
            `homelab:mesh.enabled is false: it must be true, because every node has an address in the mesh in the topology, so the house's traffic to ${node.name} goes there. To leave the mesh, take nodes.${node.name}.mesh out of the topology first, and run each stack's \`pulumi up\`.`,
          ]
        : []),
      ...(only ? ["homelab:mesh.only is true: homelab:mesh.enabled must be true for it."] : []),
    ];
  const without = Object.values(topology.nodes).filter(({ mesh: address }) => address === undefined);
  return only && without.length > 0
    ? [
        `homelab:mesh.only is true: it must be false until every node has its address in the mesh in the topology; missing is ${without.map(({ name }) => `nodes.${name}.mesh`).join(", ")}.`,
      ]
    : [];
}

function joiningProblems(own: MeshSettings, { node, stack }: JudgedBy): string[] {
  const { enabled, coordination, url, authKey } = own;
  if (!enabled) return [];
  if (coordination === "tailscale")
    return url === ""
      ? []
      : ["homelab:mesh.url is set: it must be empty, unless homelab:mesh.coordination is headscale."];
  const there = (stack.headscale as { readonly url?: unknown } | undefined)?.url;
  return [
    ...(url === ""
      ? ["homelab:mesh.url is missing: it must be homelab:headscale.url of storage's stack."]
      : []),
    ...(authKey === ""
      ? []
      : ["homelab:mesh.authKey is set: it must be empty, for headscale makes a key when the node joins."]),
    ...(node.name !== "storage" || isOn(stack, "headscale")
      ? []
      : ["homelab:mesh.coordination is headscale: homelab:headscale.enabled must be true for it."]),
    ...(node.name !== "storage" || url === "" || there === url
      ? []
      : [`homelab:mesh.url is ${url}: it must be homelab:headscale.url, which is ${String(there)}.`]),
  ];
}

/** Where tailscaled finds the certificate of the house's own coordination server. */
const certificate = secretName("tailscale", "certificate");

/** The mesh's interface on each member: tailscaled's own name for it. */
export const meshInterface = "tailscale0";

const container = "tailscale";
/** tailscaled's unit on a member. */
export const meshUnit = `${container}.service`;

const program = "/usr/sbin/ip";
const ip = (...words: string[]) => [program, ...words];
const tun = (does: "add" | "del") => ["tuntap", does, "dev", meshInterface, "mode", "tun"];

/**
 * The interface, made before tailscaled takes it. One that tailscaled makes vanishes with it, whether it is stopped, killed or
 * replaced, and with it what others have set up on it: the cluster's network between the nodes. This one stays, with the
 * node's address, so that what needs the address comes up also where tailscaled does not, or is let in no more.
 */
const interfaceKept = (address: string | undefined) => [
  // Fails where it is there, which is from the second start on.
  [`-${program}`, ...tun("add"), "vnet_hdr"],
  // tailscaled's own figure, for who reads it before tailscaled has set it.
  ip("link", "set", "dev", meshInterface, "mtu", "1280", "up"),
  // An address that the node had before would be taken away by nobody.
  ip("address", "flush", "dev", meshInterface),
  // By its mask it is another one than tailscaled's own, which goes when the node's key runs out; it makes no route.
  ...(address !== undefined && isIPv4(address)
    ? [ip("address", "replace", `${address}/31`, "dev", meshInterface, "noprefixroute")]
    : []),
];

/**
 * tailscaled as a container of its own, with the node's network and nothing else of it.
 * @param address the node's in the mesh, once the topology says it.
 */
export const tailscaledRun = (own: MeshSettings, address?: string): QuadletRun => ({
  name: container,
  description: "The node as a member of the mesh (tailscaled)",
  image: own.image,
  before: interfaceKept(address),
  onRemoval: ip(...tun("del")),
  container: {
    entrypoint: "/usr/local/bin/tailscaled",
    exec: [
      "--state=/var/lib/tailscale/tailscaled.state",
      "--statedir=/var/lib/tailscale",
      "--socket=/var/run/tailscale/tailscaled.sock",
      `--port=${own.port}`,
      // What tailscaled logs is in the node's journal; nothing of it goes to the company.
      "--no-logs-no-support",
    ],
    environment: {
      TS_NO_LOGS_NO_SUPPORT: "true",
      TS_DEBUG_FIREWALL_MODE: "nftables",
      ...(own.coordination === "headscale" ? { SSL_CERT_FILE: pathOfSecret(certificate) } : {}),
    },
    secrets: own.coordination === "headscale" ? [{ name: certificate, mode: "0444" }] : [],
    mounts: [{ source: own.stateDirectory, target: "/var/lib/tailscale" }],
    tmpfs: ["/var/run/tailscale"],
    devices: ["/dev/net/tun"],
    dropCapabilities: ["all"],
    capabilities: ["NET_ADMIN", "NET_RAW"],
    readOnly: true,
  },
  health: {
    exec: ["podman", "exec", container, "tailscale", "status", "--json", "--peers=false"],
  },
  more: own.quadlet,
});

/** What a component of its own sets up: components/tailscale-mesh. */
export const mesh = service({
  title: "Tailscale",
  purpose: "makes the node a member of the mesh",
  key: "mesh",
  on: ["storage", "desktop", "compute"],
  settings: meshSchema,
  problems,
  enabled: ({ enabled }) => enabled,
  images: ({ image }) => [image],
  ports: ({ port }) => [
    { title: "mesh", port, key: "mesh.port", protocol: "udp", from: "anyone", carries: "mesh" },
  ],
  keeps: ({ stateDirectory }) => ({
    kind: "ephemeral",
    paths: [stateDirectory],
    reason:
      "the node's identity on the mesh: the stack's state has a copy, and without it the node joins anew",
  }),
});
