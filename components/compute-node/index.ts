export { ComputeNode, type ComputeNodeArgs } from "./compute-node";
export { titles, type ComputeEndpoints } from "./endpoints";
export type { StorageServices } from "./secrets";
