import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { columns, confirmed, ruled } from ".";

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

describe("a question", () => {
  const asked = (...input: readonly string[]) =>
    confirmed("Type storage: ", "storage", Readable.from(input), new PassThrough());

  it("is confirmed by the very word, and by nothing else", async () => {
    expect(await asked("storage\n")).toBe(true);
    expect(await asked("yes\n")).toBe(false);
    expect(await asked("storage \n")).toBe(false);
  });

  it("is not confirmed by an input that ends, and does not wait for more", async () => {
    expect(await asked()).toBe(false);
  });
});
