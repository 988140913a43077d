import { createHmac } from "node:crypto";

/**
 * Each agent's password by its node's name. The same for as long as the cluster is the same one, also after the node was
 * wiped or left the cluster for a while; K3s would make one at a node's first start, and the server would not take a
 * second one. No agent can tell another's from what it knows.
 * @param token the cluster's own, which agents do not have.
 */
export function nodePasswords(token: string, nodes: readonly string[]): Record<string, string> {
  const of = (node: string) => createHmac("sha256", token).update(`node ${node}`).digest("hex").slice(0, 32);
  return Object.fromEntries(nodes.map((node) => [node, of(node)]));
}
