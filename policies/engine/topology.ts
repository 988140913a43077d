/** What the engine needs to know of the nodes; the loader in `topology/` (or a caller) provides it. */

export type Lifecycle = "always-on" | "on-demand";

/** A taint that keeps pods off a node unless they tolerate it. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export interface TopologyNode {
  readonly name: string;
  readonly lifecycle: Lifecycle;
  /** Addresses and further host names by which it is reached. */
  readonly addresses: readonly string[];
  /** Labels of its Kubernetes node beyond the host name and lifecycle, which are implied. */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

export interface Topology {
  readonly nodes: readonly TopologyNode[];
  /** Storage classes whose storage is off the node. */
  readonly networkClasses: readonly string[];
}

/** Finds a node by its name or one of its addresses. */
export function findNode(topology: Topology, nameOrAddress: string): TopologyNode | undefined {
  return (
    topology.nodes.find((node) => node.name === nameOrAddress) ??
    topology.nodes.find((node) => node.addresses.includes(nameOrAddress))
  );
}

/** The lifecycle of a node by name or address. A name the topology does not know is on-demand. */
export function lifecycleOf(topology: Topology, nameOrAddress: string): Lifecycle {
  return findNode(topology, nameOrAddress)?.lifecycle ?? "on-demand";
}
