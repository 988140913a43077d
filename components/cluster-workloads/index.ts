export { ClusterWorkloads, type ClusterWorkloadsArgs } from "./cluster-workloads";
