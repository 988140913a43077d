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

/** Words of SQL that stand where a command could. */
const inSql = ["drill_shop"];

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
    .filter((name) => !name.startsWith("pg_") && !inSql.includes(name));

describe("the scripts", () => {
  it("are found, with what they call", () => {
    expect(scripts.length).toBeGreaterThan(40);
    expect(called("lab/bench/run")).toContain("images_onto_machines");
  });

  it.each(scripts)("%s calls no function that is nowhere defined", (path) => {
    expect(called(path).filter((name) => !defined.has(name))).toEqual([]);
  });
});
