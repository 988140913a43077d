import { isIPv6 } from "node:net";
import type { ConnectionArgs } from "../remote/connection-args";
import type { NodeName } from "./names";
import type { Lifecycle } from "./schema";

/** Key of the label, and of the taint, by which the cluster knows what the topology says of a node. */
export const lifecycleKey = "homelab.dev/lifecycle";

/**
 * A machine of the house. What keeps data takes a `Node<"always-on">`, so that putting it on an on-demand node does
 * not compile.
 */
export interface Node<L extends Lifecycle = Lifecycle> {
  readonly name: NodeName;
  /** IPv4 or IPv6 address by which the other nodes reach it. */
  readonly address: string;
  /** Its address in the mesh, once it is a member. */
  readonly mesh?: string;
  /** Where the house's own traffic goes to it, unless to `address`: see {@link houseAddress}. */
  readonly traffic?: string;
  readonly lifecycle: L;
  readonly memoryBytes: number;
  readonly hostKey: string;
  readonly ssh: { readonly user: string; readonly port: number };
  /** Hardware address of its network card, small letters and colons; without it the node cannot be woken. */
  readonly mac?: string;
}

export interface Topology {
  readonly nodes: Readonly<Record<NodeName, Node>>;
  /** Storage classes whose storage is off the node. */
  readonly networkClasses: readonly string[];
  /** Addresses beside the nodes' that may reach the admin ports. */
  readonly operators: readonly string[];
}

export function isAlwaysOn(node: Node): node is Node<"always-on"> {
  return node.lifecycle === "always-on";
}

/** Data where it may vanish: a sentence for people. */
class PlacementError extends Error {
  override readonly name = "PlacementError";
}

/**
 * The node, known to be always on.
 * @throws PlacementError when the topology says that it is on-demand.
 */
export function requireAlwaysOn(node: Node, what: string): Node<"always-on"> {
  if (isAlwaysOn(node)) return node;
  throw new PlacementError(
    `${what} keeps data and cannot run on ${node.name}, which is on-demand: name an always-on node, or make it always-on in the topology.`,
  );
}

/** Every node's address, in the order of the topology. */
export function addressesOf(topology: Topology): string[] {
  return Object.values(topology.nodes).map((node) => node.address);
}

/** The same with those in the mesh: from where nodes may come. */
export const allAddressesOf = (topology: Topology): string[] => [
  ...addressesOf(topology),
  ...Object.values(topology.nodes).flatMap(({ mesh }) => mesh ?? []),
];

/**
 * The address by which the house's own traffic reaches a node: connection strings, endpoints, scrapes, logs, backups. It is
 * the one in the mesh once every node has one, and until then the LAN's, so that nobody is told an address that he cannot
 * reach. A node is its own at its own address: what runs there does not wait for tailscaled.
 * @param from who asks. @default any other machine
 */
export const houseAddress = (
  to: Pick<Node, "name" | "address" | "traffic">,
  from?: Pick<Node, "name">,
): string => (from?.name === to.name ? to.address : (to.traffic ?? to.address));

/** Does the house's own traffic go by the mesh? */
export const goesByMesh = ({
  nodes,
}: {
  readonly nodes: Readonly<Record<NodeName, { readonly mesh?: string | undefined }>>;
}): boolean => Object.values(nodes).every(({ mesh }) => mesh !== undefined);

/** How to reach a node over SSH. */
export function connectionOf(node: Node, identity: string | undefined): ConnectionArgs {
  return {
    node: node.name,
    host: node.address,
    ...(node.mesh === undefined ? {} : { mesh: node.mesh }),
    port: node.ssh.port,
    user: node.ssh.user,
    hostKey: node.hostKey,
    ...(identity === undefined ? {} : { identity }),
  };
}

/** Host of a URL, without the brackets of an address of IPv6. */
export const urlHost = (url: string | URL): string => new URL(url).hostname.replace(/^\[|\]$/g, "");

/** `HOST:PORT`, as URLs and connection strings want it: an IPv6 address stands in brackets. */
export const hostPort = (address: string, port: number): string =>
  `${isIPv6(address) ? `[${address}]` : address}:${port}`;
