import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drills, limitOf } from "../../lab/drills/list";
import { read, root } from "./markdown";

const folder = (name: string) =>
  existsSync(join(root, name)) ? readdirSync(join(root, name)).filter((file) => file.endsWith(".md")) : [];
const runbooks = folder("docs/runbooks").filter((file) => file !== "README.md");
const reports = folder("docs/drills").sort();

/** Rows of a report's table: what became of each drill, and the pages that it is for. */
function results(report: string): { drill: string; result: string; runbooks: string[] }[] {
  return [
    ...read(`docs/drills/${report}`).matchAll(/^\| \[([\w-]+)\]\(#[\w-]+\) *\| ([a-z ]+?) *\|(.*)\|$/gm),
  ].map(([, drill = "", result = "", rest = ""]) => ({
    drill,
    result,
    runbooks: [...rest.matchAll(/runbooks\/([\w-]+)\.md/g)].map(([, page = ""]) => page),
  }));
}

describe.each(runbooks)("the runbook %s", (file) => {
  const lines = [...read(`docs/runbooks/${file}`).matchAll(/^Last drilled.*$/gm)].map(([line]) => line);
  const page = file.replace(/\.md$/, "");

  it("says in one line when it was last gone through, or that it never was", () => {
    expect(lines).toEqual([
      expect.stringMatching(
        /^Last drilled: (never\.|\d{4}-\d\d-\d\d, before there were reports: see below\.|\d{4}-\d\d-\d\d, (\[[\w-]+\]\([^)]+\)(, )?)+\.)$/,
      ),
    ]);
  });

  it("names only drills that passed on that day and are for this page", () => {
    for (const [, name = "", report = "", anchor] of (lines[0] ?? "").matchAll(
      /\[([\w-]+)\]\(\.\.\/drills\/([^#]+)#([\w-]+)\)/g,
    )) {
      expect(lines[0]).toContain(`Last drilled: ${report.replace(/\.md$/, "")}, `);
      expect(anchor).toBe(name);
      expect(results(report)).toContainEqual({
        drill: name,
        result: "passed",
        runbooks: expect.arrayContaining([page]) as unknown,
      });
    }
  });

  it("names the last report in which all its drills passed", () => {
    const last = reports.findLast((report) => {
      const of = results(report).filter((one) => one.runbooks.includes(page));
      return of.length > 0 && of.every(({ result }) => result === "passed");
    });
    if (last !== undefined) expect(lines[0]).toContain(`(../drills/${last}#`);
  });
});

describe("the drills", () => {
  it("are each for pages that exist", () => {
    const named = drills.flatMap((drill) => drill.runbooks.map((page) => `${page}.md`));
    expect(named.filter((page) => !runbooks.includes(page))).toEqual([]);
  });

  it.each([
    [60, 12, 12],
    [10, 12, 10],
    [0.5, 12, undefined],
    [-3, 1, undefined],
    [Infinity, 12, 12],
  ])(
    "take no more than an hour together: of %d minutes that are left one for %d is ended after %s",
    (left, minutes, limit) => {
      expect(limitOf({ minutes }, left)).toBe(limit);
    },
  );

  it.each(reports)(
    "%s tells of every drill that its table names, and says why one was not run or failed",
    (report) => {
      const text = read(`docs/drills/${report}`);
      const rows = results(report);
      expect(rows.length).toBeGreaterThan(0);
      for (const { drill, result } of rows) {
        const part = new RegExp(`^## ${drill}$([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, "m").exec(text)?.[1] ?? "";
        const said = {
          passed: /^Passed in /m,
          failed: /^\*\*Failed\*\* after /m,
          "not run": /^Not run: .+\.$/m,
        }[result];
        expect(part, drill).toMatch(said ?? /^$/);
      }
    },
  );
});
