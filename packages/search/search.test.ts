import { describe, expect, it, vi } from "vitest";
import type { CopyState, Source } from "./postgres";
import type { VectorCopy } from "./qdrant";
import { FindNearest, type CopyLimits } from "./search";
import type { Hit, Query } from "./types";

const hit = (id: string): Hit => ({
  id,
  correlationId: "c",
  content: id,
  distance: 0,
  attributes: null,
  history: [],
});
const query: Query = { embedding: [1, 0], k: 2 };
const state: CopyState = { collection: "homelab-search-1", watermark: 100, points: 50, newer: 3 };
const four = ["a", "b", "c", "d"];

interface Given extends CopyLimits {
  state?: CopyState | undefined;
  /** What the copy answers, or why it does not. */
  answers?: readonly string[] | Error;
  known?: number;
}

function find(given: Given = {}) {
  const { answers = four, known = 4, ...limits } = given;
  let time = 0;
  const source = {
    nearest: vi.fn<Source["nearest"]>(() => Promise.resolve([hit("by postgres")])),
    merged: vi.fn<Source["merged"]>(() => Promise.resolve({ hits: [hit("by both")], known })),
    copy: vi.fn<Source["copy"]>(() => Promise.resolve("state" in given ? given.state : state)),
  };
  const nearest = vi.fn<VectorCopy["nearest"]>(() =>
    answers instanceof Error ? Promise.reject(answers) : Promise.resolve([...answers]),
  );
  const copy = { nearest } as unknown as VectorCopy;
  const tested = new FindNearest(source, copy, limits, () => time);
  const pass = (milliseconds: number) => {
    time += milliseconds;
  };
  return { tested, source, nearest, pass };
}

/** Asks once; PostgreSQL answers alone, and says why. */
async function fallsBack(given: Given, because: string, asked: number, of = query): Promise<void> {
  const { tested, source, nearest } = find(given);
  expect(await tested.search(of)).toEqual({ hits: [hit("by postgres")], by: "postgres", because });
  expect(source.nearest.mock.calls).toEqual([[of]]);
  expect(nearest).toHaveBeenCalledTimes(asked);
}

describe("a search", () => {
  it("asks PostgreSQL alone, and nothing of a copy, where none is configured", async () => {
    const { source } = find();
    const tested = new FindNearest(source, undefined);
    expect(await tested.search(query)).toEqual({ hits: [hit("by postgres")], by: "postgres" });
    expect(source.copy).not.toHaveBeenCalled();
  });

  it("takes identifiers from the copy, twice as many as are wanted, and has PostgreSQL resolve and merge them", async () => {
    const { tested, source, nearest } = find({ patience: 150 });
    expect(await tested.search(query)).toEqual({ hits: [hit("by both")], by: "copy" });
    expect(nearest.mock.calls).toEqual([["homelab-search-1", [1, 0], 4, 150]]);
    expect(source.merged.mock.calls).toEqual([[query, four, 100]]);
    expect(source.nearest).not.toHaveBeenCalled();
  });

  it("learns the watermark before it asks the copy, which may then have more and never less", async () => {
    const { tested, source, nearest } = find();
    await tested.search(query);
    const [first] = source.copy.mock.invocationCallOrder;
    const [second] = nearest.mock.invocationCallOrder;
    expect(first).toBeLessThan(second ?? 0);
  });

  it("goes to PostgreSQL when the copy does not answer", () =>
    fallsBack(
      { answers: new Error("Qdrant does not answer: ECONNREFUSED.") },
      "Qdrant does not answer: ECONNREFUSED.",
      1,
    ));

  it("goes to PostgreSQL when no copy was made yet, without asking", () =>
    fallsBack({ state: undefined }, "no copy was made yet", 0));

  it("goes to PostgreSQL when the copy is too far behind, without asking", () =>
    fallsBack({ state: { ...state, newer: 5001 } }, "the copy is 5001 changes behind", 0));

  it("still asks a copy that is as far behind as it may be", async () => {
    const { tested } = find({ state: { ...state, newer: 5000 } });
    expect((await tested.search(query)).by).toBe("copy");
  });

  it("goes to PostgreSQL when the copy is empty or incomplete", async () => {
    await fallsBack({ answers: [] }, "the copy has 0 where it should have 4", 1);
    await fallsBack({ answers: ["a", "b", "c"] }, "the copy has 3 where it should have 4", 1);
  });

  it("is content with all points of a copy that has few", async () => {
    const { tested } = find({ state: { ...state, points: 1 }, answers: ["a"], known: 1 });
    expect((await tested.search(query)).by).toBe("copy");
  });

  it("goes to PostgreSQL when too many candidates are gone or changed: others may be nearer", () =>
    fallsBack({ known: 1 }, "1 of the copy's 4 candidates are left", 1));

  it("with a filter is PostgreSQL's, without asking", () =>
    fallsBack({}, "a filter is judged by PostgreSQL", 0, {
      ...query,
      filter: { attributes: { channel: "mail" } },
    }));

  it("leaves a copy alone for a while after a failure, then tries it with one search", async () => {
    const { tested, nearest, pass } = find({ answers: new Error("gone"), rest: 10_000 });
    const because = async () => (await tested.search(query)).because;
    expect(await because()).toBe("gone");
    expect(await because()).toBe("the copy failed a short while ago");
    expect(nearest).toHaveBeenCalledTimes(1);
    pass(10_000);
    nearest.mockResolvedValueOnce(four);
    expect(await because()).toBeUndefined();
    nearest.mockResolvedValueOnce(four);
    expect((await tested.search(query)).by).toBe("copy");
    expect(nearest).toHaveBeenCalledTimes(3);
  });

  it("fails when PostgreSQL does: nobody else knows what is stored", async () => {
    const { tested, source } = find();
    source.copy.mockRejectedValue(new Error("PostgreSQL is away"));
    await expect(tested.search(query)).rejects.toThrow("PostgreSQL is away");
  });
});
