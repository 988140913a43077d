import { parseReplicationStatus } from "../../remote/replication";
import { lookAtStatus, type StatusSaid } from "../../remote/status";
import { nodeNames, type NodeName } from "../../topology/names";
import { statusRows } from "../commands/replication/plan";
import { pairNodes } from "../commands/replication/nodes";
import type { NodeAccess } from "../commands/nodes";
import { Facts } from "./facts";
import { nodesOf } from "./nodes";
import type { Status } from "./page";

/** Looks at all nodes at once. What has not answered by then is not waited for. */
export async function look({ topology, connection }: NodeAccess, milliseconds: number): Promise<Status> {
  const said = Object.fromEntries(
    await Promise.all(
      nodeNames.map(async (node) => [node, await lookAtStatus(connection(node), milliseconds)] as const),
    ),
  ) as Record<NodeName, StatusSaid>;
  return statusOf(said, topology.nodes);
}

/** Pure part of {@link look}. */
export function statusOf(
  said: Readonly<Record<NodeName, StatusSaid>>,
  nodes: Readonly<Record<NodeName, { readonly lifecycle: "always-on" | "on-demand" }>>,
): Status {
  const lifecycles = Object.fromEntries(
    nodeNames.map((node) => [node, nodes[node].lifecycle] as const),
  ) as Record<NodeName, "always-on" | "on-demand">;
  const replication = pairNodes.flatMap((name) => {
    const facts = new Facts(said[name]);
    const rows = facts.all("pair");
    if (rows.length === 0) return [];
    const unit = facts.about("systemd", "postgres.service").find(([key]) => key === "ActiveState")?.[1];
    const text = [["unit", unit ?? "unknown"], ...rows].map((row) => row.join("\t")).join("\n");
    return statusRows({ name, status: parseReplicationStatus(text) }, facts.now);
  });
  const cluster = new Facts(said.storage).all("member").map(([node = "", ready, cordoned]) => ({
    node,
    ready: ready === "True",
    cordoned: cordoned === "true",
  }));
  return { nodes: nodesOf(said, lifecycles), replication, cluster };
}
