import { HomelabCommand } from "../program/command";
import { pairNodes, type PairNode, type PairOptions } from "./replication/nodes";

export const rejoin = () =>
  new HomelabCommand("rejoin")
    .summary("make a node's PostgreSQL a standby of the other node's")
    .description(
      "Makes a node's PostgreSQL a standby of the other node's, with a new copy of its data, once the node's name was typed. What the node had is set aside, not deleted.",
    )
    .node("the node that becomes the standby", pairNodes)
    .option("--yes", "do not ask", false)
    .house()
    .exits(1, "refused, not confirmed, or a step failed")
    .example("homelab rejoin desktop", "desktop fell too far behind: it copies storage's data again")
    .runs(async (options: PairOptions, node: PairNode) => {
      const { inPair, look, show, carryOut, otherOf } = await import("./replication/run");
      const { planRejoin } = await import("./replication/plan");
      return inPair(options, async (pair) => {
        const [target, other] = [await look(node, pair), await look(otherOf(node), pair)];
        show([target, other]);
        return carryOut(planRejoin(target, other), pair, node);
      });
    });
