export { ComputeNode, type ComputeNodeArgs } from "./compute-node";
export type { StorageServices } from "./secrets";
