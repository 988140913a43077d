import { isIPv4 } from "node:net";
import { z } from "zod";
import { dataDirectory, flag, listOf, port, strict } from "./fields";
import { service, type JudgedBy, type ServicePort } from "./service";

/** TCP; asked by the server for logs and by pods for measurements. */
export const kubeletPort = 10250;
/** UDP; carries pods' packets between the nodes. @see https://docs.k3s.io/installation/requirements#networking */
const overlayPort = 8472;

const network = z.string().refine((text) => {
  const [host = "", bits = "", ...more] = text.split("/");
  return isIPv4(host) && /^\d{1,2}$/.test(bits) && +bits >= 8 && +bits <= 24 && more.length === 0;
}, "must be an IPv4 network of 8 to 24 bits, such as 10.42.0.0/16");

const seconds = (least: number, most: number) =>
  z
    .int("must be a whole number of seconds")
    .min(least, `must be ${least} to ${most} seconds`)
    .max(most, `must be ${least} to ${most} seconds`);

/** What each member of the cluster has to know. */
const member = {
  enabled: flag.default(false).describe("whether the node is part of the cluster"),
  version: z
    .string()
    .regex(/^v\d+\.\d+\.\d+\+[a-z0-9][a-z0-9.]*$/, "must be an exact version of K3s, such as v1.35.4+k3s1")
    .default("v1.35.4+k3s1")
    .describe("K3s, exactly; on desktop and compute never later than on storage"),
  releases: z
    .string()
    .regex(
      /^(https?:\/\/|file:\/\/\/)[^\s'"\\]*[^\s'"\\/]$/,
      "must begin with https://, http:// or file:/// (a directory on the node) and not end with /",
    )
    .default("https://github.com/k3s-io/k3s/releases/download")
    .describe(
      "where `VERSION/k3s` and `VERSION/sha256sum-ARCHITECTURE.txt` are: a URL, or `file:///…` for a directory on the node",
    ),
  airgapImages: flag
    .default(false)
    .describe("install the release's archive of images too, for a node that reaches no image registry"),
  imageArchives: z
    .string()
    .regex(
      /^(\/[A-Za-z0-9][A-Za-z0-9._-]*){2,}$/,
      "must be an absolute directory on the node, two names deep or more, such as /srv/images",
    )
    .optional()
    .describe(
      "directory on the node with archives of images (`docker save`), which K3s imports when it starts; none if left out",
    ),
  architecture: z
    .enum(["amd64", "arm64"], { error: "must be amd64 or arm64" })
    .default("amd64")
    .describe("of the node: `amd64` or `arm64`"),
  dataDirectory: dataDirectory
    .default("/var/lib/rancher/k3s")
    .describe(
      "directory on the node for the cluster's state (storage), images, and volumes of local-path claims",
    ),
  openPorts: listOf(port)
    .prefault([])
    .describe(
      "ports of the node that pods serve (`hostPort`, `nodePort`) and that are open to everybody on the network, TCP and UDP; without it only the house's nodes reach them",
    ),
};

/** `homelab:k3s` on desktop and compute. */
export const k3sAgentSchema = strict(member);

/** `homelab:k3s` on storage, whose server decides for the cluster. */
export const k3sServerSchema = strict({
  ...member,
  apiPort: port.default(6443).describe("TCP port of the API"),
  podNetwork: network.default("10.42.0.0/16").describe("addresses of pods; fixed once the cluster is there"),
  serviceNetwork: network
    .default("10.43.0.0/16")
    .describe("addresses of Services; fixed once the cluster is there"),
  disable: listOf(
    z.enum(["traefik", "servicelb", "metrics-server", "coredns", "local-storage"], {
      error: "must be one of traefik, servicelb, metrics-server, coredns, local-storage",
    }),
  )
    .prefault(["traefik", "servicelb"])
    .describe(
      "parts of K3s that are left out: `traefik`, `servicelb`, `metrics-server`, `coredns`, `local-storage`",
    ),
  nodeGraceSeconds: seconds(12, 300)
    .default(20)
    .describe("`node-monitor-grace-period`: after so many seconds of silence a node is not ready, 12 to 300"),
  evictAfterSeconds: seconds(0, 600)
    .default(10)
    .describe("after so long on a node that is gone a pod is recreated elsewhere, 0 to 600"),
});

export type K3sServerSettings = z.output<typeof k3sServerSchema>;
export type K3sAgentSettings = z.output<typeof k3sAgentSchema>;

const memberPorts = ({ openPorts }: K3sAgentSettings): ServicePort[] => [
  { title: "kubelet", port: kubeletPort, from: "nodes" },
  { title: "pod network", port: overlayPort, protocol: "udp", from: "nodes", lan: "before-mesh" },
  ...openPorts.flatMap((port) =>
    (["tcp", "udp"] as const).map((protocol): ServicePort => ({
      ...{ title: "homelab-k3s.openPorts", port, key: "k3s.openPorts", protocol },
      ...{ from: "anyone", servedBy: "pod" },
    })),
  ),
];

/** The networks of pods and Services are IPv4, and a node's address in the cluster is of the same kind. */
const problems = ({ enabled }: K3sAgentSettings, { node: { name, traffic } }: JudgedBy): string[] =>
  enabled && traffic !== undefined && !isIPv4(traffic)
    ? [
        `homelab:k3s.enabled is true, and nodes.${name}.mesh of the topology is ${traffic}: with the cluster it must be the node's IPv4 address in the mesh, as the pods' networks are IPv4.`,
      ]
    : [];

export const k3sServer = service({
  title: "K3s' server",
  purpose: "the cluster's API, with the placement rule as its admission policies",
  key: "k3s",
  on: ["storage"],
  settings: k3sServerSchema,
  problems,
  enabled: ({ enabled }) => enabled,
  ports: (settings) => [
    {
      ...{ title: "Kubernetes API", port: settings.apiPort, key: "k3s.apiPort" },
      // Certificates on both sides. Agents and people get there also while the mesh is down.
      ...{ from: "operators", lan: "always" },
    },
    ...memberPorts(settings),
  ],
  keeps: ({ dataDirectory }) => ({
    kind: "persistent",
    paths: [dataDirectory],
    backup: { own: "the cluster's state, and the volumes of local-path claims" },
  }),
});

export const k3sAgent = service({
  title: "K3s' agent",
  purpose: "makes the node a member of the cluster",
  key: "k3s",
  on: ["desktop", "compute"],
  settings: k3sAgentSchema,
  problems,
  enabled: ({ enabled }) => enabled,
  ports: memberPorts,
  // What pods claim on an always-on node is in the node's backups; an on-demand one has no such claims.
  keeps: () => ({ kind: "nothing" }),
});
