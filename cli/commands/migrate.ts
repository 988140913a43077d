import { Option } from "commander";
import { nodeNames } from "../../topology/names";
import { HomelabCommand, collected, wholeNumber } from "../program/command";
import { verbs, type MigrateOptions, type Verb } from "./migrate/options";

const source = "postgresql://postgres@127.0.0.1:5432";

export const migrate = () =>
  new HomelabCommand("migrate")
    .summary("move databases of another PostgreSQL to storage's")
    .description(
      "Moves databases of any PostgreSQL (14 or later) to storage's. The source is only read. What it does step by step: docs/runbooks/move-a-database.md.",
    )
    .example(`homelab migrate plan --via compute --source ${source}`, "what would be moved")
    .example(`homelab migrate run --via compute --source ${source}`, "moves it")
    .verbs(
      verb("plan").exits(0, "nothing is missing").exits(1, "something is missing first, or it failed"),
      verb("run")
        .option("--read-only-source", "keep writers out of the source while it runs", false)
        .exits(0, "all is moved, and compared")
        .exits(1, "something is missing first, differs, or failed: run it again"),
      verb("verify")
        .option(
          "--recorded",
          "against what the source held when it was dumped, without the source's data",
          false,
        )
        .exits(0, "both hold the same")
        .exits(1, "they differ, or could not be compared"),
      verb("status").exits(0, "every database is moved").exits(1, "not yet, or it failed"),
    );

function verb(name: Verb): HomelabCommand {
  return new HomelabCommand(name)
    .description(verbs[name])
    .requiredOption(
      "--source <dsn>",
      "postgresql://USER@HOST:PORT[/DATABASE], as storage reaches it, or the node of --via",
    )
    .addOption(
      new Option(
        "--via <node>",
        "reach the source through SSH on this node; HOST is then as that node sees it",
      ).choices(nodeNames),
    )
    .option(
      "--password-file <file>",
      "the source's password; else HOMELAB_SOURCE_PASSWORD, else it is asked for",
    )
    .option(
      "--database <from[=to]>",
      "a database, and its name on storage; may be repeated (default: all)",
      collected,
      [],
    )
    .option(
      "--owner <from=to>",
      "who owns on storage what FROM owns in the source; may be repeated",
      collected,
      [],
    )
    .option("--name <name>", "tells two migrations apart", "main")
    .option("--jobs <n>", "how many at once (default: the node's cores, 4 at most)", wholeNumber(1, 32))
    .option("--work-directory <dir>", "where the dump lies meanwhile on storage")
    .option("--port <n>", "PostgreSQL's on storage", wholeNumber(1, 65_535), 5432)
    .house()
    .runs(async (options: MigrateOptions) => {
      const { migrate } = await import("./migrate/run");
      return migrate(name, options);
    });
}
