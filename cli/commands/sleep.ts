import type { NodeName } from "../../topology";
import { HomelabCommand, wholeNumber, type NodeOptions } from "../program/command";
import { inPower } from "./in-power";

interface Options extends NodeOptions {
  readonly force: boolean;
  readonly drainLimit: number;
  readonly limit: number;
}

export const sleep = () =>
  new HomelabCommand("sleep")
    .summary("turn an on-demand node off, in order")
    .description(
      "Turns an on-demand node off: looks what would be lost, sends its pods elsewhere, powers it off and waits until it is gone.",
    )
    .node("the node to put to sleep")
    .option(
      "--force",
      "also when something would be lost, or pods are there that no controller recreates",
      false,
    )
    .option("--drain-limit <seconds>", "how long its pods may take to leave", wholeNumber(1, 3600), 120)
    .option("--limit <seconds>", "how long it may take to go off", wholeNumber(1, 3600), 180)
    .house()
    .exits(0, "it is off, or was")
    .exits(1, "it was refused, or does not go off")
    .example("homelab sleep compute", "turns compute off if nothing would be lost")
    .runs((options: Options, node: NodeName) =>
      inPower(options, async (power) => {
        const { sleep } = await import("../../power/sleep");
        await sleep(power, node, options);
      }),
    );
