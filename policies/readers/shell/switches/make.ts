/**
 * Writes switches.json: which options of podman and docker take a value, from their own help.
 *
 * `npx tsx policies/readers/shell/switches/make.ts` on a computer that has both; their versions are written down too.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** The commands that make containers or volumes, and "" for the options before them. */
const commands = {
  podman: ["", "run", "create", "volume create", "pod create", "build", "kube play"],
  docker: ["", "run", "create", "volume create", "service create", "build", "stack deploy"],
} as const;

/** One option of a help text: a word after its name, before two blanks, says that it takes a value. */
const line = /^ {2,6}(?:(-\w), )?\s*(--[\w.-]+)(?: (\S[^\n]*?))?(?: {2,}|$)/gm;

function table(tool: string, command: string): { switches: string[]; values: string[] } {
  const help = execFileSync(tool, [...command.split(" ").filter((word) => word !== ""), "--help"], {
    encoding: "utf8",
    env: { ...process.env, COLUMNS: "400", DOCKER_BUILDKIT: "0" },
  });
  const switches: string[] = [];
  const values: string[] = [];
  for (const [, short, long = "", value] of help.matchAll(line)) {
    (value === undefined ? switches : values).push(long, ...(short === undefined ? [] : [short]));
  }
  return { switches: switches.sort(), values: values.sort() };
}

const made = Object.fromEntries(
  Object.entries(commands).map(([tool, list]) => [
    tool,
    {
      version: /\d+\.\d+\.\d+/.exec(execFileSync(tool, ["--version"], { encoding: "utf8" }))?.[0] ?? "",
      commands: Object.fromEntries(list.map((command) => [command, table(tool, command)])),
    },
  ]),
);
writeFileSync(join(__dirname, "switches.json"), `${JSON.stringify(made, undefined, 2)}\n`);
