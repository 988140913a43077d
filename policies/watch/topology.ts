/** The house's topology as the engine takes it, or the reason why there is none. */
import type { Topology as EngineTopology } from "../engine/topology";
import type { Topology } from "../../topology";
import { loadTopology } from "../../topology";

export interface KnownTopology {
  readonly topology: EngineTopology;
  /** Why the topology could not be had; then every node is taken for an on-demand one. */
  readonly problem?: string;
}

/** What the engine needs of the house's topology. */
export function engineTopology(topology: Topology): EngineTopology {
  return {
    nodes: Object.values(topology.nodes).map(({ name, lifecycle, address, mesh }) => ({
      name,
      lifecycle,
      // By whichever of them somebody names it, it is that node.
      addresses: [address, ...(mesh === undefined ? [] : [mesh])],
      labels: {},
      taints: [],
    })),
    networkClasses: topology.networkClasses,
  };
}

/** Reads a topology file; one that cannot be read makes every node an on-demand one. */
export function topologyOf(file: string): KnownTopology {
  try {
    return { topology: engineTopology(loadTopology(file)) };
  } catch (error) {
    const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return {
      topology: { nodes: [], networkClasses: [] },
      problem: `The topology could not be read, so every node is taken for an on-demand one: ${why}`,
    };
  }
}
