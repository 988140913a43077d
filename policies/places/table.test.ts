import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { fields } from "../readers/values";
import { told } from "./admission";
import { alone } from "./alone";
import { agree, places } from "./answer";
import { collectionOf } from "./objects";
import { reasons } from "./reasons";
import { rows, tableOf } from "./table";
import type { Row } from "./table";

describe("each fixture that one object can say alone", () => {
  let table: readonly Row[];
  beforeAll(async () => {
    table = await rows();
  });

  it("is answered by five places, of which none disagrees without a reason", () => {
    expect(table.length).toBeGreaterThan(170);
    const unexplained = table.flatMap(({ name, wanted, cells }) =>
      cells.flatMap(({ place, answer, agrees, reason }) =>
        agrees || reason !== undefined ? [] : [{ name, place, wanted, answer }],
      ),
    );
    expect(unexplained).toEqual([]);
    for (const { cells } of table) expect(cells.map(({ place }) => place)).toEqual(places);
  });

  it("is judged by the program itself as by the pack, rule by rule", () => {
    for (const { name, cells } of table) {
      const [, pack, bareUp] = cells;
      expect([name, pack?.answer]).toEqual([name, bareUp?.answer]);
      expect(pack?.answer).toBeDefined();
    }
  });

  it("needs every reason that is given", () => {
    const used = new Set(table.flatMap(({ cells }) => cells.flatMap(({ reason }) => reason ?? [])));
    expect(reasons.filter((reason) => !used.has(reason)).map(({ why }) => why)).toEqual([]);
  });

  it("stands in the table with what is said, and with the number of the reason", () => {
    const lines = tableOf(table);
    expect(lines).toContain(
      "| writable-host-path/bad-cronjob-init-container.yaml | refused | refused | refused | refused | refused |",
    );
    expect(lines.join("\n")).toMatch(/bad-moved-there\.yaml \| refused \| ok \[(\d+)\] \| ok \[\1\] \|/);
  });

  it("was asked of the API server if the cluster keeps such objects, and nothing else was", () => {
    const objects = alone().filter((one) => one.form === "object" && collectionOf(one.value) !== undefined);
    const asked = Object.keys(fields(JSON.parse(readFileSync(told, "utf8"))));
    expect(asked).toEqual(objects.map(({ name }) => name));
  });
});

describe("a place agrees with what a fixture states", () => {
  const refused = { verdict: "refused", rules: ["a", "b"] } as const;
  const exempt = { verdict: "exempt" } as const;
  const ok = { verdict: "ok" } as const;

  it("by the verdict and all rules; the API server by the first rule that it names", () => {
    expect(agree({ verdict: "refused", rules: ["a", "b"] }, refused, "pack")).toBe(true);
    expect(agree({ verdict: "refused", rules: ["a"] }, refused, "pack")).toBe(false);
    expect(agree({ verdict: "refused", rules: ["a"] }, refused, "admission")).toBe(true);
    expect(agree({ verdict: "refused", rules: ["c"] }, refused, "admission")).toBe(false);
    expect(agree(ok, refused, "audit")).toBe(false);
  });

  it("by an exemption where it knows one, and by refusing what is an error for the checker", () => {
    expect(agree(ok, exempt, "admission")).toBe(true);
    expect(agree(ok, exempt, "pack")).toBe(false);
    expect(agree(refused, { verdict: "error" }, "pack")).toBe(true);
    expect(agree(refused, { verdict: "error" }, "checker")).toBe(false);
    expect(agree(ok, { verdict: "error" }, "pack")).toBe(false);
  });
});
