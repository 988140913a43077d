export { NodeFirewall, type NodeFirewallArgs } from "./node-firewall";
export type { ClusterNetwork, FirewallPort } from "./rules";
