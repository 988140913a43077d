import { expect, it } from "vitest";
import { pathDifferences, pathRules } from "./paths";

const said = (...locations: object[]) =>
  `master: 127.0.0.1:9333\n${JSON.stringify({ version: 2, locations })}\n`;
const good = { locationPrefix: "/buckets/", fsync: true, volumeGrowthCount: 1 };
const differs = (...rules: object[]) => pathDifferences(pathRules(said(...rules)), ["kept"]);

it("a filer without rules acknowledges what is not on the disk, and what it is told puts that right", () => {
  expect(differs().map(({ says }) => says)).toEqual([
    expect.stringContaining("fsync is off"),
    expect.stringContaining("more than one volume"),
  ]);
  expect(differs()[0]?.commands).toEqual([
    "fs.configure -locationPrefix=/buckets/ -fsync=true -volumeGrowthCount=1 -apply",
  ]);
  expect(differs(good)).toEqual([]);
});

it("a rule of a declared bucket's own by which it keeps less is a difference; of others nothing is said", () => {
  const of = (rule: object, path = "/buckets/kept/") => differs(good, { locationPrefix: path, ...rule });
  expect(of({ fsync: false })[0]?.commands).toEqual([
    "fs.configure -locationPrefix=/buckets/kept/ -delete -apply",
  ]);
  expect(of({ readOnly: true })[0]?.says).toContain("nothing may be written");
  expect(of({ ttl: "1d" }, "/buckets/kept/tmp/")[0]?.says).toContain("vanish after 1d");
  expect(of({ fsync: false }, "/buckets/theirs/")).toEqual([]);
  expect(of({ fsync: true })).toEqual([]);
});

it("an answer without rules is no answer", () => {
  expect(() => pathRules("error: no such filer")).toThrow("does not say");
});
