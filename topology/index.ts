export { loadTopology, parseTopology } from "./load";
export {
  addressesOf,
  allAddressesOf,
  connectionOf,
  goesByMesh,
  hostPort,
  houseAddress,
  isAlwaysOn,
  lifecycleKey,
  requireAlwaysOn,
  urlHost,
  type Node,
  type Topology,
} from "./node";
export { nodeNames, type NodeName } from "./names";
export { topologySchema, type Lifecycle } from "./schema";
