import { Option } from "commander";
import { nodeNames, type NodeName } from "../../topology/names";
import { collected, HomelabCommand, type NodeOptions, type OutputOptions } from "../program/command";
import type { ImportOptions } from "./jobs/import";

export const jobs = () =>
  new HomelabCommand("jobs")
    .summary("take cron's jobs over into jobs.yaml")
    .description(
      "Jobs of the house: what cron and systemd's timers begin becomes a file that people read. See docs/jobs.md.",
    )
    .example("homelab jobs import storage", "what storage begins by the clock, as jobs")
    .verbs(importing());

function importing(): HomelabCommand {
  return new HomelabCommand("import")
    .description(
      "Reads a node's crontabs and timers over SSH, or the files given, and writes jobs.yaml. One line says each thing that was not taken over, or that was never right. Nothing is put right, and nothing is changed on the node without --disable.",
    )
    .node("whose jobs they are", nodeNames)
    .argument("[files...]", "crontabs to read instead of the node's own")
    .option(
      "--into <file>",
      "the jobs.yaml to add them to; what is in it already stays as it is (default: print it)",
    )
    .option("--user <name>", "of the files given: whose crontab it is; without it each line names a user")
    .option("--timezone <zone>", "of the files given: the zone of the clock", "UTC")
    .addOption(
      new Option("--cron <kind>", "of the files given: whose cron reads them")
        .choices(["debian", "cronie"])
        .default("debian"),
    )
    .option("--disable", "turn the lines that were added into comments on the node; needs --into", false)
    .option("--only <path>", "take only what is in this file, or this timer; may be repeated", collected, [])
    .house()
    .json()
    .exits(0, "read; what was not taken over is said on standard error")
    .example("homelab jobs import storage --into jobs.yaml", "adds what is new to the file")
    .example(
      "homelab jobs import desktop crontab.txt --user ada --timezone Europe/Berlin",
      "a file instead of a node",
    )
    .runs(
      async (
        options: ImportOptions & NodeOptions & OutputOptions,
        node: NodeName,
        files: readonly string[],
      ) => {
        const { runImport } = await import("./jobs/import");
        return runImport(options, node, files);
      },
    );
}
