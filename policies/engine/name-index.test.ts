import { describe, expect, it } from "vitest";
import { NameIndex } from "./name-index";
import { within } from "./paths";

const at = (file: string, what: string) => ({ name: "data", what, origin: { file, resource: "claim data" } });
const index = (...items: ReturnType<typeof at>[]) => new NameIndex(items, ({ name }) => [name]);
const found = (of: NameIndex<ReturnType<typeof at>>, from: string) =>
  of.nearest("data", { file: from, resource: "pod" }).map(({ what }) => what);

describe("things of one name", () => {
  it("are all found, where none is nearer than the others", () => {
    const claims = index(at("a.yaml", "one"), at("a.yaml", "two"));
    expect(found(claims, "a.yaml")).toEqual(["one", "two"]);
    expect(claims.all("data").map(({ what }) => what)).toEqual(["one", "two"]);
  });

  it("in the same file are nearer than those beside it, and these than others", () => {
    const claims = index(at("x/a.yaml", "here"), at("x/b.yaml", "beside"), at("y/c.yaml", "elsewhere"));
    expect(found(claims, "x/a.yaml")).toEqual(["here"]);
    expect(found(claims, "x/d.yaml")).toEqual(["here", "beside"]);
    expect(found(claims, "z/e.yaml")).toEqual(["here", "beside", "elsewhere"]);
  });

  it("beside a file that is named without a folder are in that folder", () => {
    expect(found(index(at("b.yaml", "beside"), at("y/c.yaml", "elsewhere")), "a.yaml")).toEqual(["beside"]);
  });

  it("may be none", () => {
    expect(found(index(), "a.yaml")).toEqual([]);
    expect(index().all("data")).toEqual([]);
  });
});

describe("everything", () => {
  it("is within the root", () => {
    expect(within("/srv/x", "/")).toBe(true);
  });
});
