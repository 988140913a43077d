import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { read, root } from "./markdown";

const page = "docs/security.md";
const text = read(page);
const named = [...text.matchAll(/\[[^\]]+\]\((\.\.\/[^)]+\.test\.ts)\): "([^"]+)"/g)].map(
  ([, file = "", name = ""]) => [join(dirname(page), file), name] as const,
);

describe("what docs/security.md says that nobody can do", () => {
  it.each(named)("is held by a test of %s: %s", (file, name) => {
    expect(existsSync(join(root, file))).toBe(true);
    const source = readFileSync(join(root, file), "utf8");
    const asWritten = [JSON.stringify(name), `'${name}'`, `\`${name.replaceAll("`", "\\`")}\``];
    const at = asWritten.map((each) => source.indexOf(each)).find((index) => index >= 0) ?? -1;
    expect(at).toBeGreaterThan(0);
    // It is a test's name, and the test is not skipped.
    const before = source.slice(Math.max(0, at - 400), at);
    expect(before).toMatch(/\b(?:it|test)(?:\.each\([^]*\))?\(\s*$/);
    expect(before.slice(before.lastIndexOf("\n"))).not.toMatch(/\.(skip|todo)\b/);
  });

  it("is held by a test, each line of it", () => {
    const rows = [...text.matchAll(/^\| Cannot.*\n(?:\|.*\n)*/gm)].flatMap(([table]) =>
      table.trim().split("\n").slice(2),
    );
    expect(rows.length).toBeGreaterThan(15);
    expect(rows.filter((row) => !/\.test\.ts\): "[^"]+" *\|$/.test(row))).toEqual([]);
    expect(named.length).toBeGreaterThanOrEqual(rows.length);
  });
});
