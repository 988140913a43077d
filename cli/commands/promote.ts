import { Option } from "commander";
import { HomelabCommand, type OutputOptions } from "../program/command";
import { print, printJson } from "./nodes";
import { pairNodes, type PairNode, type PairOptions } from "./replication/nodes";

interface Options extends PairOptions, OutputOptions {
  readonly switchOver: boolean;
  readonly forceAfterFencing: boolean;
}

export const promote = () =>
  new HomelabCommand("promote")
    .summary("show storage's PostgreSQL and its standby, or make one of them the primary")
    .description(
      "Without a node shows how storage's PostgreSQL and its standby stand; with one makes that node's the primary of the two, once its name was typed.",
    )
    .node("the node that becomes the primary", pairNodes, "[node]")
    .addOption(
      new Option("--switch-over", "stop the running primary cleanly first, so that nothing is lost")
        .default(false)
        .conflicts("forceAfterFencing"),
    )
    .option(
      "--force-after-fencing",
      "the other node is off for certain, or was fenced: go on although it does not answer",
      false,
    )
    .option("--yes", "do not ask", false)
    .house()
    .json()
    .exits(1, "refused, not confirmed, or a step failed")
    .example("homelab promote", "how both stand; nothing is changed")
    .example("homelab promote desktop", "storage is gone: desktop takes over")
    .example("homelab promote --switch-over storage", "the way back, without a lost commit")
    .runs(async (options: Options, node: PairNode | undefined) => {
      const { inPair, look, show, carryOut, otherOf } = await import("./replication/run");
      return inPair(options, async (pair) => {
        const members = [await look("storage", pair), await look("desktop", pair)] as const;
        if (node === undefined && options.output === "json") printJson(members);
        else show(members);
        if (node === undefined) return 0;
        const { planPromotion } = await import("./replication/plan");
        const [storage, desktop] = members;
        const target = node === "storage" ? storage : desktop;
        const other = otherOf(node) === "storage" ? storage : desktop;
        const how = { switchOver: options.switchOver, force: options.forceAfterFencing };
        const code = await carryOut(planPromotion(target, other, how), pair, node);
        if (code === 0 && node === "desktop") {
          print(
            "\nClients with both hosts (failoverDsns) find it by themselves. storage's stack waits until storage is primary again: docs/runbooks/promote.md.",
          );
        }
        return code;
      });
    });
