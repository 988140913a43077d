import { describe, expect, it } from "vitest";
import { aims, median, parseSamples, table } from "./results";

const of = (own: { first: number; again: number }) =>
  parseSamples(
    [
      "floor\tfirst\t4000",
      `homelab\tfirst\t${own.first}`,
      `homelab\tagain\t${own.again}`,
      "pyinfra\tfirst\t7000",
      "pyinfra\tagain\t4000",
      "ansible\tfirst\t24000",
      "ansible\tagain\t20000",
      "",
    ].join("\n"),
  );
const met = (own: { first: number; again: number }) => aims(of(own)).map((aim) => aim.met);

describe("what the bench makes of its samples", () => {
  it("takes the middle one, or the mean of the middle two", () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 9])).toBe(3);
    expect(median([])).toBeUndefined();
  });

  it("compares first runs by what they take above the floor, and later ones whole", () => {
    expect(met({ first: 6900, again: 2000 })).toEqual([true, true, true, true]);
    expect(met({ first: 7100, again: 2000 })).toEqual([true, false, true, true]);
    expect(met({ first: 9100, again: 2001 })).toEqual([false, false, false, false]);
  });

  it("judges nothing that was not measured", () => {
    expect(aims(parseSamples("homelab\tfirst\t1"))).toEqual([]);
  });

  it("refuses a line that is no sample", () => {
    expect(() => parseSamples("homelab\tfirst\tsoon")).toThrow("is no sample");
  });

  it("shows a row a tool, with gaps where it has no such run", () => {
    expect(table(parseSamples("floor\tfirst\t4000\nhomelab\tfirst\t6000\nhomelab\tfirst\t7000")))
      .toMatchInlineSnapshot(`
      "| tool    | first, s | to the floor | above the floor, s | nothing to change, s | preview, s |
      | ------- | -------: | -----------: | -----------------: | -------------------: | ---------: |
      | floor   |      4.0 |        1.00× |                0.0 |                      |            |
      | homelab |      6.5 |        1.63× |                2.5 |                      |            |"
    `);
  });
});
