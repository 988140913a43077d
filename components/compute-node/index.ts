export { ComputeNode, type ComputeNodeArgs } from "./compute-node";
