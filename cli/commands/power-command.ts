import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Power } from "../../power/house";
import { machinesOf } from "../../power/machines";
import { identity } from "../../settings";
import { loadTopology, nodeNames, type NodeName } from "../../topology";
import { houseOptions, runCommand } from "./command";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values = Readonly<Record<string, string | boolean | undefined>>;

const common = {
  ...houseOptions,
  // As the audit, which sleep asks first.
  topology: { type: "string", default: process.env.HOMELAB_TOPOLOGY ?? "topology.yaml" },
  help: { type: "boolean", default: false },
} satisfies Options;

/** What wake, sleep and power have in common: their options, the house, and how they end (0 done, 1 not done). */
export function powerCommand(
  usage: string,
  options: Options,
  run: (power: Power, values: Values, names: readonly string[]) => Promise<void>,
): void {
  runCommand(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { ...common, ...options },
    }) as { values: Values; positionals: string[] };
    if (values.help === true) {
      process.stdout.write(`${usage}\n`);
      return;
    }
    const topology = loadTopology(String(values.topology));
    const key = identity(typeof values.identity === "string" ? values.identity : undefined);
    const say = (line: string) => void process.stdout.write(`${line}\n`);
    await run({ topology, machines: machinesOf(topology, key), say }, values, positionals);
  });
}

/** @throws Error where it is none of the nodes, or more than one */
export function nodeNamed(names: readonly string[], usage: string): NodeName {
  const name = nodeNames.find((known) => known === names[0]);
  if (name !== undefined && names.length === 1) return name;
  throw new Error(`Say which node, one of ${nodeNames.join(", ")}.\n${usage}`);
}

/** @throws Error where it is no number of seconds */
export function secondsOf(option: string, value: string | boolean | undefined): number {
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 3600) return count;
  throw new Error(`--${option} is ${JSON.stringify(value)}: it must be a number of seconds, 1 to 3600.`);
}
