export { NodeFirewall, type NodeFirewallArgs } from "./node-firewall";
export type { GuardedPort } from "./rules";
