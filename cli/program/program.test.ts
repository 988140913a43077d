import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { HomelabCommand } from "./command";
import { commandsMarkdown, commandsPage } from "./docs";
import { program, verbFirst } from "./program";
import { project } from "./project";
import { homelab } from "./testing";

const leaves = (command: HomelabCommand): HomelabCommand[] =>
  command.subcommands.length === 0 ? [command] : command.subcommands.flatMap(leaves);
const root = program();
const all = root.subcommands.flatMap(leaves).map((command) => ({ name: command.path, command }));
const words = (path: string) => path.split(" ").slice(1);

describe.each(all)("$name --help", ({ name, command }) => {
  it("ends well, and shows every argument, option, example and exit code, each with what it means", async () => {
    const { code, stdout, stderr } = await homelab(...words(name), "--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const text = stdout.replaceAll(/\s+/g, " ");
    expect(command.description()).not.toBe("");
    for (const argument of command.registeredArguments) {
      expect(argument.description).not.toBe("");
      expect(text).toContain(argument.name());
    }
    for (const { flags, description } of command.options) {
      expect(description).not.toBe("");
      expect(text).toContain(`${flags} ${description}`);
    }
    for (const { line, does } of command.examples) expect(text).toContain(`${line} ${does}`);
    for (const [exit, meaning] of command.exitCodes) expect(text).toContain(`${exit} ${meaning}`);
    expect([...command.exitCodes.keys()]).toEqual(expect.arrayContaining([0, 1, 2]));
  });

  it("is what an unknown option is answered with, and nothing is done", async () => {
    const needed = command.options.flatMap(({ mandatory, long }) => (mandatory ? [long ?? "", "x"] : []));
    const { code, stdout, stderr } = await homelab(...words(name), ...needed, "--no-such-option");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toEqual([
      `${name}: unknown option '--no-such-option'${/: did you mean .+\?/.exec(stderr)?.[0] ?? "."} See \`${name} --help\`.`,
    ]);
  });
});

describe("homelab", () => {
  it("has at least one example for each command, itself or for one of its verbs", () => {
    const without = root.subcommands.filter(
      (command) => [command, ...command.subcommands].flatMap(({ examples }) => examples).length === 0,
    );
    expect(without.map(({ path }) => path)).toEqual([]);
  });

  it("has no example that is not understood", () => {
    const typed = [root, ...root.subcommands, ...root.subcommands.flatMap(leaves)].flatMap(({ examples }) =>
      examples.map(({ line }) => line),
    );
    for (const line of typed) {
      const [, name = "", verb = ""] = /homelab ([a-z-]+)(?: ([a-z-]+))?/.exec(line) ?? [];
      const command = root.subcommands.find((each) => each.name() === name);
      expect(command, line).toBeDefined();
      if (command !== undefined && command.subcommands.length > 0)
        expect(
          command.subcommands.map((each) => each.name()),
          line,
        ).toContain(verb);
      for (const [option] of line.matchAll(/--[a-z-]+/g)) {
        const options = [command, ...(command?.subcommands ?? [])].flatMap((each) => each?.options ?? []);
        expect(
          options.map(({ long }) => long),
          line,
        ).toContain(option);
      }
    }
  });

  it.each([
    ["slep", "did you mean sleep?"],
    ["restor", "did you mean restore?"],
    ["delete-dat", "did you mean delete-data?"],
  ])("answers %s with the nearest command", async (typed, hint) => {
    const { code, stderr } = await homelab(typed, "compute");
    expect(code).toBe(2);
    expect(stderr).toBe(`homelab: unknown command '${typed}': ${hint} See \`homelab --help\`.\n`);
  });

  it.each([
    [["sleep", "compute", "--drain-limt", "3"], "did you mean --drain-limit?"],
    [["restore", "lst"], "did you mean list?"],
    [["wake"], "missing required argument 'node'"],
    [["wake", "nas"], "Allowed choices are storage, desktop, compute."],
    [["wake", "compute", "desktop"], "too many arguments"],
    [["wake", "compute", "--limit", "ten"], "It must be a whole number from 1 to 3600."],
    [["wake", "compute", "--limit", "0"], "It must be a whole number from 1 to 3600."],
    [["wake", "compute", "--limit"], "argument missing"],
    [["power", "--output", "yaml"], "Allowed choices are text, json."],
    [["rejoin", "compute"], "Allowed choices are storage, desktop."],
    [["promote", "storage", "--switch-over", "--force-after-fencing"], "cannot be used with option"],
    [["migrate", "plan"], "required option '--source <dsn>' not specified"],
    [["migrate", "plan", "--source", "x", "--via", "nas"], "Allowed choices are storage, desktop, compute."],
    [["restore", "postgres"], "missing required argument 'moment'"],
    [["completion", "csh"], "Allowed choices are bash, zsh, fish."],
  ])("answers %j with one sentence, exit code 2, and nothing on standard output", async (args, says) => {
    const { code, stdout, stderr } = await homelab(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  it.each([[[]], [["restore"]], [["migrate"]], [["search"]]])(
    "shows help and ends with 2 where a command is missing: %j",
    async (args) => {
      const { code, stdout, stderr } = await homelab(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("Usage: homelab");
    },
  );

  it("says in one sentence what failed, with exit code 1", async () => {
    const { code, stdout, stderr } = await homelab("power", "--topology", "/no/such/topology.yaml");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^\/no\/such\/topology.yaml: cannot be read: [^\n]+\n$/);
  });

  it("says of an audit that could not look 2, not that something would be lost", async () => {
    const { code, stderr } = await homelab("audit", "compute", "--topology", "/no/such/topology.yaml");
    expect(code).toBe(2);
    expect(stderr).toContain("cannot be read");
  });

  it.each([
    ["restore --yes --base A drill", "restore drill --yes --base A"],
    ["restore --base=A postgres latest --yes", "restore postgres --base=A latest --yes"],
    ["migrate --source DSN plan", "migrate plan --source DSN"],
    ["restore drill --yes", "restore drill --yes"],
    ["wake --limit 3 compute", "wake --limit 3 compute"],
    ["restore --no-such drill", "restore --no-such drill"],
  ])("takes options before the verb as well: %s", (typed, understood) => {
    expect(verbFirst(root, typed.split(" ")).join(" ")).toBe(understood);
  });

  it("can be reached by the npm scripts of the same names", () => {
    const { scripts, bin } = z
      .object({ scripts: z.record(z.string(), z.string()), bin: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(project, "package.json"), "utf8")));
    const former = ["wake", "sleep", "power", "restore", "promote", "rejoin", "migrate", "search", "audit"];
    for (const name of [...former, "pin", "delete-data"]) {
      expect(scripts[name]).toBe(`node ${bin.homelab ?? ""} ${name}`);
    }
  });

  it("loads nothing but Commander before a command runs: no engine, no SSH, no schemas", async () => {
    const { metafile } = await build({
      ...{ entryPoints: [join(project, "cli/main.ts")], absWorkingDir: project, outdir: "out", write: false },
      ...{ bundle: true, splitting: true, format: "esm", platform: "node", packages: "external" },
      metafile: true,
      logLevel: "silent",
    });
    const loaded = new Set<string>();
    const packages = new Set<string>();
    const load = (file: string) => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { path, kind, external } of metafile.outputs[file]?.imports ?? []) {
        if (kind === "dynamic-import") continue;
        if (external !== true) load(path);
        else if (!path.startsWith("node:")) packages.add(path);
      }
    };
    load("out/main.js");
    expect([...packages]).toEqual(["commander"]);
  });
});

it("docs/commands.md is as `npm run docs:commands` writes it", () => {
  expect(readFileSync(commandsPage, "utf8")).toBe(commandsMarkdown());
});
