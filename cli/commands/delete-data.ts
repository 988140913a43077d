import { parseArgs } from "node:util";
import { deleteData, listData, type KeptData } from "../../remote/data";
import { identity } from "../../settings";
import { confirmed } from "../terminal";
import { connectionOf, loadTopology, nodeNames } from "../../topology";
import { houseOptions, runCommand } from "./command";

/**
 * `npm run delete-data -- NODE [PATH…]`: the second, explicit step after `pulumi destroy`. Without PATH it lists what
 * removed units left behind; with PATHs it deletes these, after the word is typed.
 */
const usage = "npm run delete-data -- [--topology FILE] [--identity KEY] [--yes] NODE [PATH…]";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...houseOptions,
      yes: { type: "boolean", default: false },
    },
  });
  const [name, ...paths] = positionals;
  const node = nodeNames.find((known) => known === name);
  if (node === undefined) throw new Error(`Say on which node, one of ${nodeNames.join(", ")}: ${usage}`);
  const connection = connectionOf(loadTopology(values.topology).nodes[node], identity(values.identity));
  const signal = new AbortController().signal;
  const there = await listData(connection, signal);
  if (paths.length === 0) {
    show(node, there);
    return;
  }
  const question = `Delete ${paths.join(", ")} on ${node} for ever? Type the node's name to go on: `;
  if (!values.yes && !(await confirmed(question, node))) {
    process.stdout.write("Nothing was deleted.\n");
    return;
  }
  await deleteData(connection, paths, signal);
  process.stdout.write(`Deleted on ${node}: ${paths.join(", ")}\n`);
}

function show(node: string, there: readonly KeptData[]): void {
  if (there.length === 0) process.stdout.write(`No data of this project on ${node}.\n`);
  for (const { used, service, path, bytes } of there) {
    const size = `${(bytes / 1024 ** 2).toFixed(0)} MB`.padStart(10);
    process.stdout.write(
      `${size}  ${path}  ${used ? `in use by ${service}` : `left behind by ${service}`}\n`,
    );
  }
}

runCommand(main);
