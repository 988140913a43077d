import { isIP, isIPv4 } from "node:net";
import { meshInterface } from "../../services";

/** A port that only some may reach. */
export interface FirewallPort {
  /** What listens there; shown beside the rule. */
  readonly name: string;
  readonly port: number;
  /** @default tcp */
  readonly protocol?: "tcp" | "udp";
  /** IPv4 or IPv6 addresses beside the node itself; or whoever reaches the node. */
  readonly from: readonly string[] | "anyone";
  /** Addresses in the mesh that may connect by the mesh's interface; or whoever its policy lets in. @default nobody */
  readonly byMesh?: readonly string[] | "anyone";
  /**
   * What serves it. A pod's port on the node's address (`hostPort`) is turned to the pod before packets are sorted into
   * the node's own and others, so it is judged earlier. @default program
   */
  readonly servedBy?: "program" | "pod";
}

/** The cluster, as one of its members sees it. */
export interface ClusterNetwork {
  /** Interface of the bridge behind which the node's own pods are: what comes by it is let in everywhere. */
  readonly bridge: string;
  /** Interface by which other members' pods come, if there is one. */
  readonly overlay: string;
  /** IPv4 networks of pods and Services, such as `10.42.0.0/16`. */
  readonly networks: readonly string[];
}

export interface FirewallArgs {
  /** Ports that are open, each with who may connect; no port twice. */
  readonly ports: readonly FirewallPort[];
  /** The node's own addresses. */
  readonly own: readonly string[];
  /** Addresses that may reach pods and containers by their own addresses, through this node. */
  readonly members: readonly string[];
  /** Networks of the cluster whose member the node is. @default none */
  readonly cluster?: ClusterNetwork;
}

/** The mesh's interface. Who forges an address of the mesh on the LAN does not come by it. */
const mesh = `"${meshInterface}"`;

/** Names of the bridges that podman makes. */
const podman = '"podman*"';

/**
 * Rules for nftables, loaded as one transaction: the table is replaced at once. Of what is for the node itself only the
 * named ports are judged; everything else, SSH above all, passes on to whatever other tables say. What is for a pod or a
 * container is judged whole: it is let through from `members`, and where its port on the node is open.
 * @throws Error for a text that is no address, or a port guarded twice.
 * @see nft(8)
 */
export function firewallRules({ ports, own, members, cluster }: FirewallArgs): string {
  const seen = new Set<string>();
  for (const { name, port, protocol = "tcp" } of ports) {
    const rule = `${protocol} dport ${port}`;
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`${name}: ${port} is no port.`);
    if (seen.has(rule)) throw new Error(`${name}: port ${port} is guarded twice.`);
    if (!/^[A-Za-z0-9 '._-]{1,64}$/.test(name)) {
      throw new Error(`${JSON.stringify(name)} is no name for a port.`);
    }
    seen.add(rule);
  }
  const pods = ports.filter(({ servedBy }) => servedBy === "pod");
  const programs = ports.filter(({ servedBy }) => servedBy !== "pod");
  const inside =
    cluster === undefined ? [] : [cluster.bridge, cluster.overlay].map((name) => `"${interfaceName(name)}"`);
  const networks = (cluster?.networks ?? []).map(network);
  const known = addresses([...own, ...members]);
  // Their pods have addresses of their own; who forges one would be answered elsewhere, but need not come in at all.
  const otherPods =
    networks.length === 0 ? [] : [`ip saddr ${set(networks)} fib saddr . iif oif exists accept`];
  const chains = [
    chain("input", "input", "filter", [
      // What listens on loopback stays there, also where kube-proxy lets the kernel route its addresses.
      'iifname != "lo" ip daddr 127.0.0.0/8 ct direction original counter drop',
      ...acceptedBy(['"lo"', ...inside.slice(0, 1)]),
      ...programs.flatMap((port) => judged(port, own)),
    ]),
    ...(pods.length === 0
      ? []
      : [
          // Before `dstnat`, where a port of the node becomes one of a pod; what is not meant for the node passes.
          chain("pods", "prerouting", "dstnat - 10", [
            ...acceptedBy(['"lo"', ...inside.slice(0, 1)]),
            "fib daddr type != local accept",
            ...pods.flatMap((port) => judged(port, own)),
          ]),
        ]),
    ...(networks.length === 0
      ? []
      : [
          // Before a Service's address becomes that of what serves it, which may be a node.
          chain("routes", "prerouting", "dstnat - 10", [
            ...acceptedBy(['"lo"', ...inside, podman]),
            "ct direction reply accept",
            ...known.map((from) => `${from} accept`),
            ...otherPods,
            `ip daddr ${set(networks)} goto closed`,
          ]),
        ]),
    chain("forward", "forward", "filter", [
      "ct direction reply accept",
      ...acceptedBy([...inside, podman]),
      ...known.map((from) => `${from} accept`),
      ...otherPods,
      ...pods.flatMap((port) => opened(port, own)),
      // What somebody published of a container is the node's port, which is not this table's to judge.
      `oifname ${podman} ct status dnat accept`,
      ...[...inside, podman].map((name) => `oifname ${name} goto closed`),
      ...(networks.length === 0 ? [] : [`ip daddr ${set(networks)} goto closed`]),
    ]),
    `    chain closed {
        meta l4proto tcp counter reject with tcp reset
        counter drop
    }
`,
  ];
  return `# Written by Pulumi: changes made here are put back.
table inet homelab
delete table inet homelab
table inet homelab {
${chains.join("")}}
`;
}

const chain = (name: string, hook: string, priority: string, rules: readonly string[]) => `    chain ${name} {
        type filter hook ${hook} priority ${priority}; policy accept;
${rules.map((rule) => `        ${rule}\n`).join("")}    }
`;

const acceptedBy = (interfaces: readonly string[]) => interfaces.map((name) => `iifname ${name} accept`);

const set = (items: readonly string[]) => (items.length === 1 ? (items[0] ?? "") : `{ ${items.join(", ")} }`);

/** Matches of packets from addresses, one for each version of IP that is among them. */
function addresses(all: readonly string[]): string[] {
  const family = (version: 4 | 6) =>
    [...new Set(all)].filter((address) => versionOf(address) === version).sort();
  return ([4, 6] as const).flatMap((version) => {
    const found = family(version);
    return found.length === 0 ? [] : [`${version === 4 ? "ip" : "ip6"} saddr { ${found.join(", ")} }`];
  });
}

/** A port as a packet asks for it. */
function judged(given: FirewallPort, own: readonly string[]): string[] {
  const { name, port, from, protocol = "tcp" } = given;
  const guarded = `${protocol} dport ${port}`;
  if (from === "anyone") return [`# ${name}`, `${guarded} accept`];
  return [
    `# ${name}`,
    ...byMesh(given).map((match) => `${guarded} ${match} accept`),
    ...addresses([...own, ...from]).map((match) => `${guarded} ${match} accept`),
    `${guarded} counter ${protocol === "tcp" ? "reject with tcp reset" : "drop"}`,
  ];
}

/** Matches of packets that come by the mesh from who may. */
function byMesh({ byMesh: from = [] }: FirewallPort): string[] {
  if (from === "anyone") return [`iifname ${mesh}`];
  return addresses(from).map((match) => `iifname ${mesh} ${match}`);
}

/** The same once it has become the port of a pod. */
function opened(given: FirewallPort, own: readonly string[]): string[] {
  const { name, port, from, protocol = "tcp" } = given;
  const turned = `ct status dnat meta l4proto ${protocol} ct original proto-dst ${port}`;
  const matches = from === "anyone" ? [""] : addresses([...own, ...from]).map((match) => ` ${match}`);
  const all = [...byMesh(given).map((match) => ` ${match}`), ...matches];
  return [`# ${name}`, ...all.map((match) => `${turned}${match} accept`)];
}

function versionOf(address: string): 4 | 6 {
  const version = isIP(address);
  if (version !== 4 && version !== 6) throw new Error(`${JSON.stringify(address)} is no IP address.`);
  return version;
}

function network(text: string): string {
  const [address = "", bits = "", ...more] = text.split("/");
  if (isIPv4(address) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32 && more.length === 0) return text;
  throw new Error(`${JSON.stringify(text)} is no IPv4 network.`);
}

function interfaceName(name: string): string {
  if (/^[a-z][a-z0-9.-]{0,14}$/.test(name)) return name;
  throw new Error(`${JSON.stringify(name)} is no interface.`);
}
