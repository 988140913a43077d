import { describe, expect, it } from "vitest";
import { messageOf, missing, numberOf, older } from "./compare";

describe("what is in a stream after a cut", () => {
  const acknowledged = new Map([
    [1, 70],
    [2, 71],
  ]);

  it("is whole when all that was acknowledged is there, and more that nobody heard of", () => {
    const there = new Map([70, 71, 72].map((n, i) => [i + 1, messageOf(n)]));
    expect(missing(acknowledged, there)).toEqual({ lost: [], torn: [] });
  });

  it("lacks what is gone, and what has another one's place", () => {
    const lost = [
      "70, acknowledged as message 1, is another one now",
      "71, acknowledged as message 2, is gone",
    ];
    expect(missing(acknowledged, new Map([[1, messageOf(99)]]))).toEqual({ lost, torn: [] });
  });

  it("is torn where a message is a part of one", () => {
    const there = new Map([
      [1, messageOf(70)],
      [2, messageOf(71)],
      [3, messageOf(72).slice(0, -1)],
    ]);
    expect(missing(acknowledged, there)).toEqual({
      lost: [],
      torn: [expect.stringMatching(/^message 3 begins with '72 xx/)],
    });
  });
});

describe("the newest values of keys after a cut", () => {
  it.each([
    ["the acknowledged one", messageOf(5), { lost: [], torn: [] }],
    ["one that was sent afterwards", messageOf(6), { lost: [], torn: [] }],
    ["a former one", messageOf(4), { lost: ["a is 4, and 5 was acknowledged"], torn: [] }],
    ["none", undefined, { lost: ["a is gone"], torn: [] }],
    ["half of one", "5 x", { lost: [], torn: ["a begins with '5 x'"] }],
  ])("may be %s or are lost", (_, text, found) => {
    const there = new Map(text === undefined ? [] : [["a", text]]);
    expect(older(new Map([["a", 5]]), there)).toEqual(found);
  });
});

it("numbers are told from their messages", () => {
  expect([0, 1, 12_345].map((n) => numberOf(messageOf(n)))).toEqual([0, 1, 12_345]);
  expect(["", "x", "7", "7 y"].map(numberOf)).toEqual([undefined, undefined, undefined, undefined]);
});
