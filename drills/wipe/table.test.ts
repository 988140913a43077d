import { expect, it } from "vitest";
import { spread, table } from "./table";

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

it("knows the least, the middle and the most, of odd and even counts", () => {
  expect(spread([30, 10, 20])).toEqual({ least: 10, median: 20, most: 30 });
  expect(spread([40, 10, 20, 30])).toEqual({ least: 10, median: 25, most: 40 });
  expect(spread([7])).toEqual({ least: 7, median: 7, most: 7 });
});
