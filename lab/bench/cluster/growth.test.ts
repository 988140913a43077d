import { describe, expect, it } from "vitest";
import { each, growth, table, type Size } from "./growth";

const size = (workloads: number, seconds: number): Size => ({
  workloads,
  seconds: {
    preview: [seconds],
    up: [seconds, seconds, 99],
    "preview again": [seconds],
    "up again": [seconds],
  },
});

describe("the growth with the number of workloads", () => {
  it("is a workload's part of what a run takes beyond one without workloads", () => {
    expect(each(size(50, 7), size(0, 2), "up")).toBe(100);
  });

  it("is linear when a workload takes as long among many as among few, and told when not", () => {
    const none = size(0, 2);
    const said = (most: number) => growth(none, [size(50, 7), size(100, 12), size(200, most)]);
    expect(said(22)).toHaveLength(4);
    expect(said(22)[1]).toBe("- met: up: a workload of 200 takes at most 1.3× as long as one of 50: 1.00×");
    expect(said(42).every((line) => line.startsWith("- NOT MET"))).toBe(true);
  });

  it("is seen from the fewest workloads that take any time, and not told where none do", () => {
    const none = size(0, 2);
    expect(growth(none, [size(50, 1), size(100, 12), size(200, 22)])[0]).toBe(
      "- met: preview: a workload of 200 takes at most 1.3× as long as one of 100: 1.00×",
    );
    expect(growth(none, [size(50, 1), size(100, 2), size(200, 1)])[0]).toMatch(/^- not to be told: preview/);
  });

  it("is shown a row a size", () => {
    expect(table(size(0, 2), [size(50, 7)])).toMatchInlineSnapshot(`
      "| workloads | preview, s | each, ms | up, s | each, ms | preview again, s | each, ms | up again, s | each, ms |
      | --------- | ---------: | -------: | ----: | -------: | ---------------: | -------: | ----------: | -------: |
      | 0         |        2.0 |          |   2.0 |          |              2.0 |          |         2.0 |          |
      | 50        |        7.0 |      100 |   7.0 |      100 |              7.0 |      100 |         7.0 |      100 |"
    `);
  });
});
