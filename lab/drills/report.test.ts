import { homedir } from "node:os";
import { describe, expect, it } from "vitest";
import { figuresIn, figuresLine } from "./figures";
import type { Drill } from "./list";
import { gonethrough, markdown, noted, type Outcome } from "./report";

const drill = (name: string, ...runbooks: string[]): Drill => ({
  name,
  does: `${name} is done to it.`,
  short: { words: ["true"] },
  minutes: 1,
  runbooks,
});
const house = {
  date: "2026-11-28",
  full: false,
  commit: "abc",
  computer: "2 cores",
  switchedOn: "nothing",
  former: "2026-11-20",
};
const passed = (said: string): Outcome => ({
  kind: "passed",
  seconds: 83,
  said,
  complaints: said,
  log: "a.log",
});
const failed: Outcome = {
  kind: "failed",
  why: "it ended with 1",
  seconds: 9,
  said: "",
  complaints: "first\n\u001b[31mthe disk is on fire\u001b[39m\n",
  log: "reports/drills/b.log",
};

describe("the report of the drills", () => {
  const text = markdown(house, [
    {
      drill: drill("a", "one", "two"),
      outcome: passed(`rows 3\n${figuresLine({ acknowledged: 12, lost: 0 })}`),
    },
    { drill: drill("b", "two"), outcome: failed },
    { drill: drill("c", "three"), outcome: { kind: "not run", why: "there is no cluster" } },
  ]);

  it("has a line for each with what was acknowledged, lost, and how long it took", () => {
    expect(text).toContain(
      "| [a](#a) | passed | 83 s | 12 | 0 | [one](../runbooks/one.md), [two](../runbooks/two.md) |",
    );
    expect(text).toContain("| [b](#b) | failed | 9 s |  |  | [two](../runbooks/two.md) |");
    expect(text).toContain("| [c](#c) | not run |  |  |  | [three](../runbooks/three.md) |");
    expect(text).toContain("Together 92 s. The report before: [2026-11-20](2026-11-20.md).");
  });

  it("tells what each printed, without the line that is for the table", () => {
    expect(text).toContain("Passed in 83 s.\n\n```text\nrows 3\n```\n");
    expect(text).not.toContain("figures:");
  });

  it("says why one failed, in its own words, and where all of them are", () => {
    expect(text).toContain(
      "**Failed** after 9 s: it ended with 1. All that it said is in reports/drills/b.log; the end of it:\n\n```text\nfirst\nthe disk is on fire\n```",
    );
  });

  it("names no place of the computer that it was made on", () => {
    const said = `RUN ${process.cwd()}\nin ${homedir()}/.cache\n`;
    const page = markdown(house, [
      { drill: drill("a"), outcome: passed(said) },
      { drill: drill("b"), outcome: { ...failed, complaints: said } },
    ]);
    expect(page).toContain("RUN .\nin ~/.cache");
    expect(page).not.toContain(process.cwd());
    expect(page).not.toContain(homedir());
  });

  it("says of one that was run earlier that day with what", () => {
    const earlier = { full: false, commit: "former", switchedOn: "the cluster" };
    const before = { ...passed(""), earlier } as Outcome;
    expect(markdown(house, [{ drill: drill("a"), outcome: before }])).toContain(
      "Passed in 83 s, in an earlier run of the day (commit former, shortened (`make drills`); switched on: the cluster).",
    );
  });

  it("says why one was not run", () => {
    expect(text).toContain("Not run: there is no cluster.");
  });
});

describe("a runbook", () => {
  it("counts as gone through when each of its drills passed, and not when one failed or was not run", () => {
    const walked = [
      { drill: drill("a", "one", "two"), outcome: passed("") },
      { drill: drill("b", "two"), outcome: failed },
      { drill: drill("c", "one"), outcome: passed("") },
      { drill: drill("d", "three"), outcome: { kind: "not run", why: "-" } as const },
    ];
    expect([...gonethrough(walked)]).toEqual([["one", ["a", "c"]]]);
  });

  it("gets the date and a link to what each drill came to, and nothing else of it changes", () => {
    const page = "# One\n\nLast drilled: never.\n\nMore.\n";
    expect(noted(page, "2026-11-28", ["a", "c"])).toBe(
      "# One\n\nLast drilled: 2026-11-28, [a](../drills/2026-11-28.md#a), [c](../drills/2026-11-28.md#c).\n\nMore.\n",
    );
    expect(() => noted("# One\n", "2026-11-28", ["a"])).toThrow("no line that begins with `Last drilled: `");
  });
});

it("figures are read as they were written", () => {
  expect(figuresIn(`a table\n${figuresLine({ acknowledged: 3, lost: 1 })}`)).toEqual({
    acknowledged: 3,
    lost: 1,
  });
  expect(figuresIn("a table\n")).toBeUndefined();
});
