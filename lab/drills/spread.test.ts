import { expect, it } from "vitest";
import { spread } from "./spread";

it("knows the least, the middle and the most, of odd and even counts", () => {
  expect(spread([30, 10, 20])).toEqual({ least: 10, median: 20, most: 30 });
  expect(spread([40, 10, 20, 30])).toEqual({ least: 10, median: 25, most: 40 });
  expect(spread([7])).toEqual({ least: 7, median: 7, most: 7 });
});
