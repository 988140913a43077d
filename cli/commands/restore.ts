import { Argument } from "commander";
import { HomelabCommand, type NodeOptions } from "../program/command";
import { confirmed } from "../terminal";
import { withNodes, print } from "./nodes";

interface Options extends NodeOptions {
  readonly yes: boolean;
  readonly acceptSmaller?: boolean;
  readonly peerIsGone?: boolean;
  readonly base?: string;
  readonly snapshot?: string;
}

const moment = "a moment with its zone, such as '2026-11-26 14:30:00+00', or latest";

export const restore = () =>
  new HomelabCommand("restore")
    .summary("back up, see the backups, restore, drill")
    .description(
      "What people do with the backups on storage. Nothing is deleted: what was there before stays beside what was restored. What replaces something is shown first, and asked about. The steps around it: docs/runbooks/restore.md.",
    )
    .example("homelab restore list", "what there is, here and off storage")
    .example("homelab restore postgres '2026-11-26 14:30:00+00'", "PostgreSQL as it was then")
    .verbs(
      verb("list", "what there is, here and off storage"),
      smaller(verb("backup", "make a backup of PostgreSQL now")),
      verb("drill", "restore the newest backup aside, and compare"),
      base(verb("postgres", "PostgreSQL as it was then, in the place of what runs (which is kept)"))
        .argument("<moment>", moment)
        .argument("[history]", "another history than the one being written, as `restore list` names it")
        .option("--peer-is-gone", "the other server of the pair is off for certain, or was fenced", false)
        .example("homelab restore postgres latest", "the newest moment that the backup has"),
      base(verb("dump", "one database or table as it was then, into a file on storage"))
        .argument("<moment>", moment)
        .argument("<database>", "the database")
        .argument("[table]", "one table of it, with its schema")
        .example("homelab restore dump latest agent_gateway public.items", "one table, into a file"),
      smaller(verb("buckets", "bring the copy of the buckets up to date, or restore from it"))
        .addArgument(
          new Argument(
            "[what]",
            "list: what is in the copy; restore: what the buckets lack, from the copy; restore-removed: what had gone by a moment",
          ).choices(["list", "restore", "restore-removed"]),
        )
        .argument("[names...]", "a bucket; after restore-removed first the moment, as `list` names it")
        .example("homelab restore buckets restore", "what the buckets lack, from the copy"),
      verb("off-node", "copy everything off storage now"),
      verb("from-off-node", "everything that was copied, onto a storage that was lost").option(
        "--snapshot <name>",
        "another snapshot than the newest",
      ),
      verb("cluster", "K3s' own state: copy it now, list the copies, or restore one")
        .addArgument(new Argument("[what]", "list the copies, or restore one").choices(["list", "restore"]))
        .argument("[name]", "which copy to restore, or latest"),
      verb("accept-cluster", "from now on back up this PostgreSQL cluster").argument(
        "<id>",
        "its system identifier",
      ),
      verb("accept-clock", "the clock is right now, and was ahead before"),
    );

function verb(name: string, what: string): HomelabCommand {
  return new HomelabCommand(name)
    .description(what)
    .option("--yes", "do not ask", false)
    .house()
    .exits(1, "failed, refused, or not confirmed")
    .runs((options: Options, ...operands: readonly (string | readonly string[] | undefined)[]) =>
      carryOut(
        name,
        operands.flat().filter((operand) => operand !== undefined),
        options,
      ),
    );
}
const smaller = (command: HomelabCommand) =>
  command.option("--accept-smaller", "also when it holds less than half of the one before", false);
const base = (command: HomelabCommand) =>
  command.option("--base <name>", "another base backup than the one that fits best");

async function carryOut(name: string, operands: readonly string[], options: Options): Promise<number> {
  const { askingCode, backupCommand } = await import("../../remote/backup");
  const words = [
    name,
    ...operands,
    ...(options.acceptSmaller === true ? ["--accept-smaller"] : []),
    ...(options.peerIsGone === true ? ["--peer-is-gone"] : []),
    ...(options.yes ? ["--yes"] : []),
    ...(options.base === undefined ? [] : ["--base", options.base]),
    ...(options.snapshot === undefined ? [] : ["--snapshot", options.snapshot]),
  ];
  return withNodes(options, async ({ connection }) => {
    const run = (more: readonly string[]) =>
      backupCommand(
        connection("storage"),
        [...words, ...more],
        (text) => void process.stderr.write(text),
        new AbortController().signal,
      );
    let said = await run([]);
    if (said.code === askingCode) {
      // Without a person there is nobody to agree.
      if (!process.stdin.isTTY || !(await confirmed(`Type ${name} to go on: `, name))) {
        print("Nothing was done.");
        return 1;
      }
      said = await run(["--yes"]);
    }
    process.stdout.write(said.stdout);
    return 0;
  });
}
