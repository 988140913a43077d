import { Option } from "commander";
import { HomelabCommand, wholeNumber, type NodeOptions, type OutputOptions } from "../program/command";
import { withNodes } from "./nodes";

interface Options extends NodeOptions, OutputOptions {
  readonly limit: number;
  readonly preview: boolean;
  readonly pulumi?: string;
}

/** The limit is that of the whole command, and printing takes some of it, milliseconds. */
const printing = 100;
/** A machine that has not even accepted a connection by then counts as off, so it is given that long in any case. */
const least = 1000;

export const status = () =>
  new HomelabCommand("status")
    .summary("show every node, its services, backups and replication on a page")
    .description(
      "Shows each node (on, off on purpose, off and should not be), each service that this program set up there (as declared, changed, unhealthy, not running), when each backup and drill last went well, replication, and the cluster's nodes. Nothing is changed, and no passphrase is needed. What did not answer in time is said to be not known. With --preview each stack is previewed as well, by Pulumi: that takes longer, and needs what `pulumi preview` needs.",
    )
    .option("--limit <seconds>", "how long all of it may take", wholeNumber(1, 600), 3)
    .option("--preview", "also what the stack files would change: pulumi preview of each stack", false)
    .addOption(
      new Option(
        "--pulumi <program>",
        "with --preview: called with the node's name and Pulumi's arguments (default: pulumi, with --stack)",
      ).env("HOMELAB_PULUMI"),
    )
    .house()
    .json()
    .exits(0, "all that was seen is as it should be")
    .exits(
      1,
      "something is not: a node is off, a service changed or ill, a backup overdue, a stack with changes",
    )
    .exits(3, "nothing is wrong as far as was seen, but something did not answer in time")
    .example("homelab status", "a page in the terminal, within 3 seconds")
    .example("homelab status --preview", "and what `pulumi up` would change")
    .example("homelab status --output json", "the same for a program")
    .runs((options: Options) =>
      withNodes(options, async (nodes) => {
        const { look } = await import("../status/look");
        const { page, verdict } = await import("../status/page");
        const { painter } = await import("../terminal");
        const left = options.limit * 1000 - performance.now() - printing;
        const seen = await look(nodes, Math.max(least, left));
        const previews = options.preview
          ? await (await import("../status/preview")).previewStacks(options.pulumi)
          : undefined;
        const status = { ...seen, previews };
        const text =
          options.output === "json"
            ? `${JSON.stringify({ verdict: verdict(status), ...status }, undefined, 2)}\n`
            : page(status, painter(process.stdout, process.env));
        await new Promise((resolve) => process.stdout.write(text, resolve));
        // Nor is a connection waited for that is still being made.
        if (status.nodes.some(({ power }) => power !== "on")) process.exit(verdict(status));
        return verdict(status);
      }),
    );
