import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { program } from "../../cli/program/program";
import { anchor, blocks, pages, prose, read, root } from "./markdown";

const scripts = Object.keys(
  z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8"))).scripts,
);
const commands = program().subcommands;
const makeTargets = [...readFileSync(join(root, "Makefile"), "utf8").matchAll(/^([a-z][\w-]*):/gm)].map(
  ([, target]) => target,
);

/** Every capture of a pattern in a text, once. */
const all = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, found]) => found ?? "")),
];

/** What is written as code: blocks and `spans`. */
const code = (page: string): string =>
  [...blocks(read(page)).map(({ text }) => text), ...all(prose(read(page)), /`([^`\n]+)`/g)].join("\n");

describe.each(pages())("%s", (page) => {
  it("links to files and headings that exist", () => {
    const broken = all(prose(read(page)), /\]\(([^)\s]+)\)/g)
      .filter((link) => !/^https?:/.test(link))
      .filter((link) => {
        const [path = "", heading] = link.split("#");
        const file = path === "" ? page : join(dirname(page), path);
        if (!existsSync(join(root, file))) return true;
        if (heading === undefined) return false;
        return !all(prose(read(file)), /^#+ (.+)$/gm)
          .map(anchor)
          .includes(heading);
      });
    expect(broken).toEqual([]);
  });

  it("names only scripts of package.json", () => {
    expect(
      all(code(page), /\bnpm run (?:--silent )?([a-z][\w:-]*)/g).filter((name) => !scripts.includes(name)),
    ).toEqual([]);
  });

  it("names only commands of homelab, with verbs and options that they have", () => {
    const wrong = all(code(page), /(?:npx |\.\/|lab\/)homelab ([^`|\n]*)/g).filter((line) => {
      const [name, verb = "", ...rest] = line.split(/\s+/);
      const command = commands.find((each) => each.name() === name);
      if (command === undefined) return !/^(ARGS…|--help|…)/.test(line);
      const { subcommands } = command;
      if (subcommands.length > 0 && verb !== "" && !subcommands.some((each) => each.name() === verb))
        return true;
      const known = [command, ...subcommands].flatMap((each) => each.options).map(({ long }) => long);
      return [verb, ...rest]
        .map((word) => /^(--[a-z-]+)/.exec(word)?.[1])
        .some((option) => option !== undefined && option !== "--help" && !known.includes(option));
    });
    expect(wrong).toEqual([]);
  });

  it("names only targets of the Makefile", () => {
    expect(all(code(page), /\bmake ([a-z][\w-]*)/g).filter((name) => !makeTargets.includes(name))).toEqual(
      [],
    );
  });

  it("names only commands of the project that can be run", () => {
    const named = all(
      code(page),
      /(?:^|[\s(`$])((?:lab|\.ci|packages\/plugins)\/[\w.-]+)(?![\w./-])/gm,
    ).filter((path) => !path.endsWith(".md"));
    const wrong = named.filter((path) => {
      const found = statSync(join(root, path), { throwIfNoEntry: false });
      if (found === undefined) return true;
      return (
        found.isFile() &&
        readFileSync(join(root, path), "utf8").startsWith("#!") &&
        (found.mode & 0o111) === 0
      );
    });
    expect(wrong).toEqual([]);
  });
});

describe("the pages together", () => {
  it("have one for each component, and none for a component that is gone", () => {
    const folders = readdirSync(join(root, "components"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${entry.name}.md`);
    expect(
      readdirSync(join(root, "docs/components"))
        .filter((name) => name !== "README.md")
        .sort(),
    ).toEqual(folders.sort());
  });

  it("are all reached from the README", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached) {
      for (const link of all(prose(read(page)), /\]\(([^)\s#]+)/g)) {
        const target = join(dirname(page), link);
        const file = existsSync(join(root, target, "README.md")) ? join(target, "README.md") : target;
        if (!/^https?:/.test(link) && file.endsWith(".md") && existsSync(join(root, file))) reached.add(file);
      }
    }
    expect(pages().filter((page) => !reached.has(page))).toEqual([]);
  });

  it("name a lab block to be run in the README only, where a test runs it", () => {
    const marked = pages().filter((page) =>
      blocks(read(page)).some(({ marks }) => marks.includes("run: lab")),
    );
    expect(marked).toEqual(["README.md"]);
  });
});
