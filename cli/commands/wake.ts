import type { NodeName } from "../../topology";
import { HomelabCommand, wholeNumber, type NodeOptions } from "../program/command";
import { inPower } from "./in-power";

interface Options extends NodeOptions {
  readonly limit: number;
}

export const wake = () =>
  new HomelabCommand("wake")
    .summary("turn a node on")
    .description(
      "Turns a node on by Wake-on-LAN, sent from an always-on node, and waits until it answers by SSH.",
    )
    .node("the node to wake")
    .option("--limit <seconds>", "how long it may take to answer", wholeNumber(1, 3600), 300)
    .house()
    .exits(0, "it is on, or was")
    .exits(1, "it could not be woken, or did not come up in time")
    .example("homelab wake compute", "turns compute on and waits for it")
    .runs((options: Options, node: NodeName) =>
      inPower(options, async (power) => {
        const { wake } = await import("../../power/wake");
        await wake(power, node, { limit: options.limit });
      }),
    );
