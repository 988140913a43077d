import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { HomelabCommand } from "./command";
import { shells } from "./completion";
import { program } from "./program";

const root = program();
const every = (command: HomelabCommand): HomelabCommand[] => [command, ...command.subcommands.flatMap(every)];

/** What bash offers for a line; the last word is the one being typed. */
function offered(...words: readonly string[]): string[] {
  const script = `${shells.bash(root)}
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_homelab
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync("bash", ["-euo", "pipefail", "-c", script, "bash", "homelab", ...words], {
    encoding: "utf8",
    cwd: __dirname,
  });
  return said.split("\n").filter((line) => line !== "");
}

describe("completion in bash", () => {
  it("offers every command", () => {
    expect(offered("")).toEqual(root.subcommands.map((command) => command.name()));
  });

  it("offers the verbs of a command, and what has been begun only", () => {
    expect(offered("restore", "o")).toEqual(["off-node"]);
    expect(offered("restore", "")).toContain("postgres");
  });

  it("offers the nodes that a command takes, and no others", () => {
    expect(offered("wake", "")).toEqual(["storage", "desktop", "compute"]);
    expect(offered("rejoin", "--yes", "")).toEqual(["storage", "desktop"]);
  });

  it("offers options, their values, and files for what only the user knows", () => {
    expect(offered("sleep", "--d")).toEqual(["--drain-limit"]);
    expect(offered("power", "--output", "")).toEqual(["text", "json"]);
    expect(offered("wake", "--topology", "completion.te")).toEqual(["completion.test.ts"]);
  });
});

describe.each(Object.keys(shells) as (keyof typeof shells)[])("the script for %s", (shell) => {
  it("names every command and option", () => {
    const text = shells[shell](root);
    for (const command of every(root).slice(1)) {
      expect(text).toContain(command.name());
      for (const { long } of command.options) {
        expect(text).toContain(shell === "fish" ? `-l ${long?.slice(2) ?? ""}` : long);
      }
    }
  });
});
