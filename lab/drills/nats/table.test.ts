import { expect, it } from "vitest";
import { figuresOf, table, type Round } from "./table";

const round = (acknowledged: number, lost: readonly string[] = []): Round => ({
  acknowledged,
  lost,
  torn: [],
  back: 9,
});
const always = {
  syncInterval: "always",
  rounds: [round(30), round(40)],
  later: [],
  rates: { 1: 150, 64: 400 },
};
const later = {
  syncInterval: "2m",
  rounds: [round(500, ["7 is gone", "8 is gone"])],
  later: [],
  rates: { 1: 2000 },
};

it("what NATS' own default loses stands beside the house's, and is not counted as the drill's loss", () => {
  const rows = table([always, later]).split("\n");
  const cells = (row = "") =>
    row
      .split(/[│|]| {2,}/)
      .map((text) => text.trim())
      .filter((text) => text !== "");
  expect(rows.some((row) => /always .*\b2\b.*\b70\b.*\b0\b.*\b150\b.*\b400\b/.test(row))).toBe(true);
  expect(cells(rows.find((row) => row.includes("2m")))).toEqual(expect.arrayContaining(["500", "2"]));
  expect(figuresOf(always)).toEqual({ acknowledged: 70, lost: 0 });
  expect(figuresOf({ ...always, later: ["7 is gone"] })).toEqual({ acknowledged: 70, lost: 1 });
});
