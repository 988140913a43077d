import { parseArgs } from "node:util";
import { askingCode, backupCommand } from "../../remote/backup";
import { identity } from "../../settings";
import { confirmed } from "../terminal";
import { connectionOf, loadTopology } from "../../topology";
import { houseOptions, runCommand } from "./command";

/** `npm run restore -- VERB…`: what people do with the backups on storage, from where Pulumi runs. */
const usage = `npm run --silent restore -- [--topology FILE] [--identity KEY] VERB…
  list                            what there is, here and off storage
  backup [--accept-smaller]       make one now
  drill                           restore the newest aside, and compare
  postgres MOMENT|latest [HISTORY] [--base NAME] [--peer-is-gone]
                                  PostgreSQL as it was then, in the place of what runs (which is kept)
  dump MOMENT|latest DATABASE [TABLE] [--base NAME]
                                  one database or table as it was then, into a file on storage
  buckets [--accept-smaller]      bring the copy of the buckets up to date
  buckets list                    what is in it, and what was removed when
  buckets restore [BUCKET]        what the buckets lack, from the copy
  buckets restore-removed MOMENT [BUCKET]
                                  what they lack of what had gone by then
  off-node                        copy everything off storage now
  from-off-node [--snapshot NAME] everything that was copied, onto a storage that was lost
  cluster [list|restore NAME|latest]
                                  K3s' own state: copy it now, what there is, or as it was then
  accept-cluster ID               from now on back up this cluster
  accept-clock                    the clock is right now, and was ahead before
A moment is written with its zone: '2026-11-26 14:30:00+00'. What replaces something is shown first, and asked about;
--yes answers. The steps around it: docs/runbooks/restore.md`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...houseOptions,
      "accept-smaller": { type: "boolean", default: false },
      "peer-is-gone": { type: "boolean", default: false },
      base: { type: "string" },
      snapshot: { type: "string" },
      yes: { type: "boolean", default: false },
    },
  });
  const [verb] = positionals;
  if (verb === undefined) throw new Error(usage);
  const words = [
    ...positionals,
    ...(["accept-smaller", "peer-is-gone", "yes"] as const)
      .filter((flag) => values[flag])
      .map((flag) => `--${flag}`),
    ...(["base", "snapshot"] as const).flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [`--${name}`, value];
    }),
  ];
  const connection = connectionOf(loadTopology(values.topology).nodes.storage, identity(values.identity));
  const run = (more: readonly string[]) =>
    backupCommand(
      connection,
      [...words, ...more],
      (text) => void process.stderr.write(text),
      new AbortController().signal,
    );
  let said = await run([]);
  if (said.code === askingCode) {
    // Without a person there is nobody to agree.
    if (!process.stdin.isTTY || !(await confirmed(`Type ${verb} to go on: `, verb))) {
      process.stdout.write("Nothing was done.\n");
      return 1;
    }
    said = await run(["--yes"]);
  }
  process.stdout.write(said.stdout);
  return 0;
}

runCommand(main);
