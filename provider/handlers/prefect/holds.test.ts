import { describe, expect, it } from "vitest";
import { holds } from "./holds";

describe("what is declared, in what a server has", () => {
  it.each([
    ["more keys, which the server has defaults for", { a: 1 }, { a: 1, id: "x" }, true],
    ["another value", { a: 1 }, { a: 2 }, false],
    ["a key that is missing", { a: 1 }, {}, false],
    ["words in another order", { a: ["x", "y"] }, { a: ["y", "x"] }, true],
    ["a word more", { a: ["x"] }, { a: ["x", "y"] }, false],
    ["objects in a list, one by one", [{ a: 1 }], [{ a: 1, id: 2 }], true],
    ["a list that should be empty", { schedules: [] }, { schedules: [{ active: true }] }, false],
    ["nothing at all", { a: { b: 1 } }, null, false],
  ])("with %s", (_, declared, live, same) => {
    expect(holds(declared, live)).toBe(same);
  });
});
