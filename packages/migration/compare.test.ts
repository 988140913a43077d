import { describe, expect, it } from "vitest";
import { compare, differences } from "./compare";
import type { Fingerprint } from "./fingerprint";

const one: Fingerprint = {
  version: "15.18",
  tables: { "public.a": { rows: "2", hash: "77" } },
  sequences: { "public.s": { value: "10", called: true, shape: "bigint 1 1" } },
  largeObjects: { "1": "5 99" },
  shapes: { "table public.a": "id integer", "extension vector": "" },
  owners: { "TABLE public.a": "old_app" },
};
const told = (target: Partial<Fingerprint>, after?: Fingerprint["sequences"]) =>
  differences(
    compare(
      one,
      { ...one, owners: { "TABLE public.a": "agent" }, ...target },
      {
        ownerOf: () => "agent",
        ...(after === undefined ? {} : { sequencesAfter: after }),
      },
    ),
  );
const at = (value: string, called = true) => ({ "public.s": { value, called, shape: "bigint 1 1" } });

describe("comparing two fingerprints", () => {
  it("finds none when all is equal, on whatever version", () => {
    expect(told({ version: "18.6" })).toEqual([]);
  });

  it.each<[string, Partial<Fingerprint>, string]>([
    ["a missing table", { tables: {} }, "table public.a is missing (2 rows)"],
    [
      "a table too many",
      { tables: { ...one.tables, "public.b": { rows: "1", hash: "1" } } },
      "table public.b is not in the source (1 rows)",
    ],
    [
      "a missing row",
      { tables: { "public.a": { rows: "1", hash: "77" } } },
      "table public.a has 1 rows, the source 2",
    ],
    [
      "another value",
      { tables: { "public.a": { rows: "2", hash: "78" } } },
      "table public.a: other contents in 2 rows (checksum)",
    ],
    ["a sequence that is behind", { sequences: at("9") }, "sequence public.s is at 9, the source at 10"],
    [
      "a sequence that is not used",
      { sequences: at("10", false) },
      "sequence public.s is at 10 (not yet used), the source at 10",
    ],
    ["a large object too few", { largeObjects: {} }, "large object 1 is missing"],
    [
      "a column",
      { shapes: { ...one.shapes, "table public.a": "id bigint" } },
      "table public.a: id bigint; in the source: id integer",
    ],
    ["a missing extension", { shapes: { "table public.a": "id integer" } }, "extension vector is missing"],
    [
      "an owner",
      { owners: { "TABLE public.a": "old_app" } },
      "table public.a is owned by old_app, planned agent",
    ],
  ])("tells %s", (_what, target, sentence) => {
    expect(told(target)).toEqual([sentence]);
  });

  it("lets the target have extensions and schemas of its own", () => {
    expect(told({ shapes: { ...one.shapes, "extension pg_trgm": "", "schema mine": "" } })).toEqual([]);
  });

  it("lets a sequence stand where the source's stood at any moment of the dump", () => {
    expect(told({ sequences: at("12") }, at("15"))).toEqual([]);
    expect(told({ sequences: at("16") }, at("15"))).toEqual(["sequence public.s is at 16, the source at 10"]);
  });
});
