import type { NodeName } from "../../topology";
import type { KeptData } from "../../remote/data";
import { HomelabCommand, type NodeOptions, type OutputOptions } from "../program/command";
import { confirmed } from "../terminal";
import { withNodes, print, printJson } from "./nodes";

interface Options extends NodeOptions, OutputOptions {
  readonly yes: boolean;
}

export const deleteData = () =>
  new HomelabCommand("delete-data")
    .summary("list or delete the data that removed services left behind")
    .description(
      "The second, explicit step after `pulumi destroy`. Without a path it lists what removed services left behind; with paths it deletes these once the node's name was typed. What a service still uses is refused.",
    )
    .node("where the data is")
    .argument("[paths...]", "directories to delete, as they are listed")
    .option("--yes", "do not ask", false)
    .house()
    .json()
    .exits(0, "listed, deleted, or left alone because you did not confirm")
    .exits(1, "refused, or the node does not answer: nothing was deleted")
    .example("homelab delete-data storage", "what is there, and who uses it")
    .example("homelab delete-data storage /srv/minio", "deletes it once you have typed `storage`")
    .runs((options: Options, node: NodeName, paths: readonly string[]) =>
      withNodes(options, async ({ connection }) => {
        const { deleteData, listData } = await import("../../remote/data");
        const { signal } = new AbortController();
        const there = await listData(connection(node), signal);
        if (paths.length === 0) {
          if (options.output === "json") printJson(there);
          else show(node, there);
          return 0;
        }
        const question = `Delete ${paths.join(", ")} on ${node} for ever? Type the node's name to go on: `;
        if (!options.yes && !(await confirmed(question, node))) {
          print("Nothing was deleted.");
          return 0;
        }
        await deleteData(connection(node), paths, signal);
        print(`Deleted on ${node}: ${paths.join(", ")}`);
        return 0;
      }),
    );

function show(node: string, there: readonly KeptData[]): void {
  if (there.length === 0) print(`No data of this project on ${node}.`);
  for (const { used, service, path, bytes } of there) {
    const size = `${(bytes / 1024 ** 2).toFixed(0)} MB`.padStart(10);
    print(`${size}  ${path}  ${used ? `in use by ${service}` : `left behind by ${service}`}`);
  }
}
