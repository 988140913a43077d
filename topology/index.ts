export { loadTopology, parseTopology, TopologyError } from "./load";
export {
  addressesOf,
  connectionOf,
  hostPort,
  isAlwaysOn,
  lifecycleKey,
  requireAlwaysOn,
  type Node,
  type Topology,
} from "./node";
export { nodeNames, type NodeName } from "./names";
export { lifecycles, type Lifecycle } from "./schema";
