import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** What verdict.sh says of facts: [used or quiet, stay or why it goes off, why]. */
function verdict(
  facts: readonly string[],
  { cpu = 25, limit = 1800, quiet = 0, due = "no" } = {},
): readonly string[] {
  const { stdout, stderr, status } = spawnSync(
    "bash",
    [join(__dirname, "scripts/verdict.sh"), String(cpu), String(limit), String(quiet), due],
    { input: facts.map((line) => `${line}\n`).join(""), encoding: "utf8" },
  );
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.trimEnd().split("\t");
}

const nothing = ["cpu\t3"];
const long = { quiet: 1800 };

describe("a machine on which nothing runs", () => {
  it("goes off when that has lasted for long enough, and not a second before", () => {
    expect(verdict(nothing, { quiet: 1799 })).toEqual(["quiet", "stay", "nothing runs, for 1799 s of 1800"]);
    expect(verdict(nothing, { quiet: 1800 })).toEqual([
      "quiet",
      "idle",
      "goes off: nothing has run for 1800 s",
    ]);
  });

  it("goes off at once when its time to sleep has come", () => {
    expect(verdict(nothing, { due: "yes" })).toEqual([
      "quiet",
      "schedule",
      "goes off: it is time, and nothing runs",
    ]);
  });

  it("never goes off for being idle where that is not asked for", () => {
    expect(verdict(nothing, { limit: 0, quiet: 99999 })[1]).toBe("stay");
  });

  it("may have a GPU that rests, and processors up to the limit", () => {
    expect(verdict(["gpu\t0", "gpu\t5", "cpu\t25"], long)[1]).toBe("idle");
  });
});

describe.each([
  ["somebody who is logged in", ["session\tada is logged in"], "ada is logged in"],
  ["a connection by SSH", ["connection\tSSH from 10.0.0.2"], "SSH from 10.0.0.2"],
  ["somebody who asked for it", ["inhibitor\tshutdown,ada,training"], /asked that it stay on: shutdown,ada/],
  ["a Job of the queue", ["job\ta pod of a Job runs"], "a pod of a Job runs"],
  ["a GPU that works", ["gpu\t0", "gpu\t6"], "a GPU is at 6 %"],
  ["a GPU that says something else", ["gpu\t[N/A]"], "a GPU is at [N/A] %"],
  ["processors that work", ["cpu\t26"], "the processors are at 26 % of one, more than 25"],
  ["processors that say something else", ["cpu\t-"], /the processors are at - %/],
  ["the first look", ["cpu\tfirst"], "it has only begun to look"],
  [
    "what it cannot find out",
    ["unknown\twho is logged in\tno bus"],
    "it cannot find out who is logged in (no bus)",
  ],
  ["a fact that it does not know", ["weather\tfine"], "it cannot read 'weather'"],
] as const)("%s", (_what, facts, why) => {
  it("keeps the machine on, however long it was idle and although it is time", () => {
    const all = facts.some((line) => line.startsWith("cpu")) ? facts : [...facts, ...nothing];
    const [use, what, text = ""] = verdict(all, { quiet: 99999, due: "yes" });
    expect([use, what]).toEqual(["used", "stay"]);
    if (typeof why === "string") expect(text).toBe(`stays on: ${why}`);
    else expect(text).toMatch(why);
  });
});

describe("a look that was cut short", () => {
  it.each([
    ["before the first fact", []],
    ["before the last one, which is the processors'", ["gpu\t0"]],
  ])("keeps the machine on: %s", (_when, facts) => {
    expect(verdict(facts, { quiet: 99999, due: "yes" })).toEqual([
      "used",
      "stay",
      "stays on: it found out nothing",
    ]);
  });
});

it("tells everything that keeps the machine on", () => {
  expect(verdict(["session\tada is logged in", "gpu\t80", "cpu\t300"], long)[2]).toBe(
    "stays on: ada is logged in; a GPU is at 80 %; the processors are at 300 % of one, more than 25",
  );
});
