import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { judge } from "./engine/judge";
import { fixtures, fixtureTopology } from "./fixtures";
import { read, reportOf } from "./fixtures.read";
import { rules } from "./rules";

const all = fixtures();

describe("every fixture is judged as its first lines say", () => {
  it.each(all.map((fixture) => [fixture.name, fixture] as const))("%s", (_, fixture) => {
    const reports = reportOf(fixture);
    expect(fixture.expectations.length).toBeGreaterThan(0);
    for (const expected of fixture.expectations) {
      const report = reports.get(expected.path);
      const rulesOf = (items: readonly { rule: string }[] = []): string[] =>
        [...new Set(items.map(({ rule }) => rule))].sort();
      expect({
        violations: rulesOf(report?.violations),
        exemptions: rulesOf(report?.exemptions),
        error: report?.verdict === "error",
      }).toEqual({ violations: expected.violations, exemptions: expected.exemptions, error: expected.error });
      if (expected.rows !== undefined) expect(report?.violations).toHaveLength(expected.rows);
    }
  });
});

describe("nothing is a violation on an always-on node", () => {
  it.each(all.filter(({ placed }) => !placed).map((fixture) => [fixture.name, fixture] as const))(
    "%s",
    (_, { paths }) => {
      const { facts } = read(paths);
      expect(judge(facts, fixtureTopology, { node: "storage" })).toEqual({ violations: [], exemptions: [] });
    },
  );
});

describe("each rule", () => {
  it.each(rules.map(({ name }) => name))(
    "%s has fixtures for good, bad, unknown, missing, exempted with and without a reason",
    (rule) => {
      const own = all.filter(({ name }) => name.startsWith(`${rule}/`));
      const kinds = new Set(own.map(({ name }) => /\/(good|bad|unknown|missing|exempt)-/.exec(name)?.[1]));
      expect(kinds).toContain("good");
      expect(kinds).toContain("bad");
      const bad = own.filter(({ name }) => name.includes("/bad-"));
      expect(
        bad.some(({ expectations }) => expectations.some(({ violations }) => violations.includes(rule))),
      ).toBe(true);
      if (rule === "local-persistent-volume") return; // A PersistentVolume has no user, so nowhere to declare.
      expect(kinds).toContain("exempt");
      expect(own.some(({ name }) => name.includes("bad-exempt"))).toBe(true);
    },
  );

  it("says in each message which resource, on which node, and what to do", () => {
    for (const fixture of all) {
      for (const report of reportOf(fixture).values()) {
        for (const { resource, detail, fix } of report.violations) {
          expect(detail).toContain(resource.split(" (")[0]);
          expect(detail).toMatch(/node (compute|old-laptop|spare)/);
          expect(detail).toMatch(/^[^\n]+\.$/);
          expect(fix).toMatch(/^[A-Z][^\n]+\.$/);
        }
      }
    }
  });
});

describe("kinds of @pulumi/kubernetes that can hold data", () => {
  it("are each named by a fixture", () => {
    const named = new Set(
      all.flatMap(({ paths }) =>
        paths.flatMap((path) =>
          [...readFileSync(path, "latin1").matchAll(/"?kind"?:\s*"?(\w+)/g)].map((match) => match[1] ?? ""),
        ),
      ),
    );
    expect(dataKinds()).toEqual(
      expect.arrayContaining(["StatefulSet", "CronJob", "PersistentVolume", "Pod"]),
    );
    const missing = dataKinds().filter((kind) => !named.has(kind));
    expect(missing).toEqual([]);
  });
});

/** Kinds from whose input types one gets to a pod spec, a claim's spec or a volume's spec. */
function dataKinds(): readonly string[] {
  const types = readFileSync(require.resolve("@pulumi/kubernetes/types/input.d.ts"), "utf8");
  const refersTo = new Map<string, Set<string>>();
  const kinds = new Map<string, string>();
  for (const match of types.matchAll(/^ {8}interface (\w+) \{\n([\s\S]*?)\n {8}\}/gm)) {
    const [, name = "", body = ""] = match;
    const known = refersTo.get(name) ?? new Set<string>();
    for (const reference of body.matchAll(/inputs\.[\w.]*?(\w+)(?=[^\w.])/g)) known.add(reference[1] ?? "");
    refersTo.set(name, known);
    const kind = /\bkind\??: pulumi\.Input<"(\w+)"/.exec(body)?.[1];
    if (kind !== undefined) kinds.set(name, kind);
  }
  const holding = new Set(["PodSpec", "PersistentVolumeClaimSpec", "PersistentVolumeSpec"]);
  const reaches = (name: string, seen: Set<string>): boolean => {
    if (holding.has(name)) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    return [...(refersTo.get(name) ?? [])].some((next) => reaches(next, seen));
  };
  const found = [...kinds].filter(([name]) => !name.endsWith("Patch") && reaches(name, new Set()));
  return [...new Set(found.map(([, kind]) => kind))].sort();
}
