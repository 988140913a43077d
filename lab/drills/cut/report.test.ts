import { describe, expect, it } from "vitest";
import { kinds } from "./checks";
import { report, type Round } from "./report";

const round = (counts: Readonly<Record<string, number>>, lost: readonly string[] = []): Round => ({
  moment: "mirror",
  both: false,
  emptied: false,
  compared: kinds.map((kind) => ({ kind, acknowledged: counts[kind] ?? 0, lost })),
  torn: [],
  back: 12,
  took: {},
});
const row = (text: string, kind: string) =>
  text
    .split("\n")
    .find((line) => line.startsWith(kind))
    ?.slice(kind.length)
    .trim()
    .split(/\s+/);

describe("the report of the cuts", () => {
  it("says in how many rounds there was something to lose, and in how many it was lost", () => {
    const commits = { "commits in PostgreSQL": 30 };
    const text = report([round(commits), round(commits, ["7 is gone"]), round({})]);
    expect(row(text, "commits in PostgreSQL")).toEqual(["60", "2", "1", "1"]);
  });

  it("does not take what was never done for what was never lost", () => {
    const all = Object.fromEntries(kinds.map((kind) => [kind, 1]));
    expect(report([round(all)])).not.toContain("nothing is shown");
    expect(report([round({ ...all, "base backups and dumps": 0 })])).toContain(
      "Nothing was called done, so that nothing is shown, of: base backups and dumps.",
    );
  });
});
