import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/**
 * Of the scripts that only people run: what runs on machines has tests of its own. shellcheck takes a function that is nowhere defined for a program. Names of two words or more (`image_archive`) are
 * functions of this repository's own, so each must be one.
 */
const root = join(__dirname, "..");
const all = execFileSync("git", ["grep", "-lE", "^#!.*\\b(ba|da|)sh\\b|^# shellcheck shell="], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n")
  .filter((path) => !path.endsWith(".ts"));
const scripts = all.filter((path) => /^(lab|packages\/plugins|\.ci)\//.test(path));

/** A word of SQL that stands where a command could, and a program of the system's. */
const notOurs = ["drill_shop", "pivot_root"];

const text = (path: string) =>
  readFileSync(join(root, path), "utf8")
    .replace(/(^|\s)#.*$/gm, "")
    .replace(/\(\([^)]*\)\)/g, "")
    // What is in a here document or between single quotes is no command of this script.
    .replace(/<<-?\s*'?(\w+)'?[^\n]*\n[\s\S]*?\n\1$/gm, "")
    .replace(/(?<![\w"])'[^'\n]*'/g, "''");
const defined = new Set(
  all.flatMap((path) => [...text(path).matchAll(/^\s*(\w+)\(\)/gm)].map(([, name]) => name)),
);
const called = (path: string) =>
  [
    ...text(path).matchAll(
      /(?:^|&&|\|\||[;|({!]|\b(?:if|then|else|do|until|while)\b)[ \t]*([a-z]+(?:_[a-z0-9]+)+)(?=[ \t\n;)]|$)/gm,
    ),
  ]
    .map(([, name = ""]) => name)
    .filter((name) => !name.startsWith("pg_") && !notOurs.includes(name));

describe("the scripts", () => {
  it("are found, with what they call", () => {
    expect(scripts.length).toBeGreaterThan(40);
    expect(called("lab/bench/run")).toContain("images_onto_machines");
  });

  it.each(scripts)("%s calls no function that is nowhere defined", (path) => {
    expect(called(path).filter((name) => !defined.has(name))).toEqual([]);
  });
});

/** Functions of more than one command: of a line `name() { … }` there is one, or as many as are held together by `&&` or a pipe. */
const functionsOf = (path: string) =>
  [...readFileSync(join(root, path), "utf8").matchAll(/^(\w+)\(\) [{(](?: #.*)?$/gm)].map(
    ([, name = ""]) => name,
  );
/** What a script sources, as far as its text says. */
const sourced = (path: string, seen = new Set([path])): Set<string> => {
  for (const [, name = ""] of readFileSync(join(root, path), "utf8").matchAll(
    /^\s*(?:\.|source) .*?([\w-]+\.sh)"?$/gm,
  )) {
    for (const each of all.filter((one) => one.endsWith(`/${name}`))) {
      if (seen.has(each)) continue;
      seen.add(each);
      sourced(each, seen);
    }
  }
  return seen;
};

describe("a function that is asked for an answer", () => {
  // The scripts of remote/agent have a head of their own, which they are sent with.
  const asking = all
    .filter((path) => /^(lab|packages|components)\//.test(path))
    .filter((path) => /^#!.*\n[\s\S]*^set -[a-z]*e/m.test(readFileSync(join(root, path), "utf8")))
    .map((path) => ({ path, with: [...sourced(path)] }))
    .filter(({ path, with: files }) =>
      files.flatMap(functionsOf).some((name) => readFileSync(join(root, path), "utf8").includes(`$(${name}`)),
    );

  it("is in many scripts", () => {
    expect(asking.length).toBeGreaterThan(9);
  });

  // all.sh begins with env.sh, by a loop. Without the option a function goes on within $(…) after a failure, and nothing is taken for the answer.
  it.each(asking)("of $path ends at its first failure", ({ with: files }) => {
    expect(
      files.some(
        (file) =>
          file.endsWith("lab/lib/all.sh") ||
          readFileSync(join(root, file), "utf8").includes("shopt -s inherit_errexit"),
      ),
    ).toBe(true);
  });
});
