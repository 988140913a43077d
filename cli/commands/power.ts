import { HomelabCommand, type NodeOptions, type OutputOptions } from "../program/command";
import { printJson } from "./nodes";
import { inPower } from "./in-power";

export const power = () =>
  new HomelabCommand("power")
    .summary("show which nodes are on, since when, and why not")
    .description(
      "Shows which nodes are on or off, since when and why, and when they will be woken. A node that is off is no error.",
    )
    .house()
    .json()
    .example("homelab power", "a table of the three nodes")
    .example("homelab power --output json", "the same for a program")
    .runs((options: NodeOptions & OutputOptions) =>
      inPower(options, async (house) => {
        const { status, table } = await import("../../power/status");
        const rows = await status(house);
        if (options.output === "json") printJson(rows);
        else process.stdout.write(table(rows));
      }),
    );
