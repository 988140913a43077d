export { K3sAgent, type K3sAgentArgs } from "./k3s-agent";
export { K3sServer, type K3sEndpoints, type K3sServerArgs } from "./k3s-server";
export { forAccount } from "./kubeconfig";
export { measuredCluster, podBridge, podOverlay, program, serverService, volumeDirectory } from "./layout";
export { clusterProvider, DeclaredObjects, type Cluster } from "./provider";
export { clusterSpace } from "./space";
export { skew } from "./versions";
