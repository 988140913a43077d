import { describe, expect, it } from "vitest";
import { columns, ruled } from ".";

describe("columns", () => {
  const rows = [
    ["what", "s"],
    ["a longer one", "9"],
    ["b", "120"],
  ];

  it("are as wide as their widest cell, and end without blanks", () => {
    expect(columns(rows)).toEqual(["what          s", "a longer one  9", "b             120"]);
  });

  it("stand to the right where they are told to", () => {
    expect(columns(rows, (column) => column === 1)).toEqual([
      "what            s",
      "a longer one    9",
      "b             120",
    ]);
  });

  it("have a line below their head when they are ruled", () => {
    expect(ruled(["n"], [["one"]])).toBe("n\n---\none");
    expect(ruled(["n"], [])).toBe("n\n-");
  });
});
