import { parseArgs } from "node:util";
import { backupCommand } from "../remote/backup";
import { identity } from "../settings";
import { connectionOf, loadTopology } from "../topology";
import { houseOptions, runCommand } from "./command";

/** `npm run restore -- VERB…`: what people do with the backups on storage, from where Pulumi runs. */
const usage = `npm run --silent restore -- [--topology FILE] [--identity KEY] VERB…
  list                            what there is
  backup [--accept-smaller]       make one now
  drill                           restore the newest aside, and compare
  postgres MOMENT|latest [HISTORY]
                                  PostgreSQL as it was then, in the place of what runs (which is kept)
  dump MOMENT|latest DATABASE [TABLE]
                                  one database or table as it was then, into a file on storage
  cluster [list|restore NAME|latest]
                                  K3s' own state: copy it now, what there is, or as it was then
  accept-cluster ID               from now on back up this cluster
A moment is written '2026-11-26 14:30:00+00'. The steps around it: docs/runbooks/restore.md`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...houseOptions,
      "accept-smaller": { type: "boolean", default: false },
    },
  });
  if (positionals.length === 0) throw new Error(usage);
  const words = [...positionals, ...(values["accept-smaller"] ? ["--accept-smaller"] : [])];
  const connection = connectionOf(loadTopology(values.topology).nodes.storage, identity(values.identity));
  const progress = (text: string) => void process.stderr.write(text);
  process.stdout.write(await backupCommand(connection, words, progress, new AbortController().signal));
}

runCommand(main);
