import { describe, expect, it } from "vitest";
import { percentile, recall, table } from "./summary";

describe("what the search bench makes of its samples", () => {
  it("takes as a percentile a value that was measured", () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.95), percentile([7], 0.95)]).toEqual([50, 95, 7]);
    expect(() => percentile([], 0.5)).toThrow("nothing");
  });

  it("counts what is as near as the furthest of the nearest, and no more than there are", () => {
    expect(recall([0.1, 0.2, 0.3], [0.1, 0.2, 0.3])).toBe(1);
    expect(recall([0.1, 0.2, 0.3], [0.1, 0.3, 0.4])).toBeCloseTo(2 / 3);
    expect(recall([0.1, 0.2, 0.2], [0.1, 0.2, 0.2, 0.2])).toBe(1);
    expect(recall([0.1, 0.2], [])).toBe(0);
  });

  it("draws a row a way of searching", () => {
    const measured = { what: "plain", candidates: 40, searches: [3, 1, 2], stores: [4], recall: 0.9876 };
    expect(table([measured])).toMatchInlineSnapshot(`
      "| search | ef_search | p50, ms | p95, ms | recall@10 | searches | store p95, ms |
      | ------ | --------: | ------: | ------: | --------: | -------: | ------------: |
      | plain  |        40 |     2.0 |     3.0 |     0.988 |        3 |           4.0 |"
    `);
  });
});
