import { expect, it } from "vitest";
import { table } from "./table";

it("draws rows in columns as wide as their widest", () => {
  expect(
    table(
      ["round", "s"],
      [
        ["1", "9"],
        ["minimum", "120"],
      ],
    ),
  ).toBe("round      s\n-------  ---\n1          9\nminimum  120\n");
});
