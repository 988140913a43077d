export { NodeFirewall, type NodeFirewallArgs } from "./node-firewall";
export type { ClusterNetwork, GuardedPort } from "./rules";
