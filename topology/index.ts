export { loadTopology, parseTopology, TopologyError } from "./load";
export { addressesOf, connectionOf, isAlwaysOn, requireAlwaysOn, type Node, type Topology } from "./node";
export { lifecycles, nodeNames, type Lifecycle, type NodeName } from "./schema";
