import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { rulesFile, testFiles } from "./rule-files";
import { ruleGroups } from "./rules";

const rules = ruleGroups.flatMap((group) => group.rules);
const page = readFileSync(join(__dirname, "../../docs/runbooks/alerts.md"), "utf8");

describe("the rules of the house", () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    "%s has a runbook, and tests of both kinds",
    (alert, rule) => {
      expect(page).toContain(`\n### ${alert}\n`);
      expect(Object.keys(rule.fires)).not.toEqual([]);
      // The one that always fires has nothing to be silent about.
      if (alert !== "Watchdog") expect(Object.keys(rule.silent)).not.toEqual([]);
    },
  );

  it("have names of their own, and the page has no others", () => {
    const names = rules.map(({ alert }) => alert);
    expect(new Set(names).size).toBe(names.length);
    const sections = [...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    // What scripts/watchdog.sh says, and Prefect.
    const others = ["MonitoringDead", "JobFailed"];
    expect(sections.filter((name) => !others.includes(name ?? "")).sort()).toEqual(names.sort());
  });

  it("never rely on a text file's own label of a name that Prometheus gives", () => {
    for (const { expr } of rules) expect(expr).not.toMatch(/exported_/);
  });

  it("are written as Prometheus reads them", () => {
    const rule = (alert: string) => {
      const read = parse(rulesFile(ruleGroups)) as {
        groups: { name: string; interval?: string; rules: object[] }[];
      };
      return read.groups.flatMap((group) => group.rules).find((one) => "alert" in one && one.alert === alert);
    };
    expect(rule("UnitFailed")).toEqual({
      alert: "UnitFailed",
      expr: rules.find(({ alert }) => alert === "UnitFailed")?.expr,
      for: "15s",
      labels: { severity: "critical" },
      annotations: {
        summary: "{{ $labels.name }} on {{ $labels.node }} failed: journalctl -u {{ $labels.name }}",
        runbook: "docs/runbooks/alerts.md#unitfailed",
      },
    });
    expect(rule("KilledForMemory")).toMatchObject({ keep_firing_for: "10m" });
  });

  it("have tests with one clock a file", () => {
    for (const group of ruleGroups) {
      for (const { name, content } of testFiles(group, ["rules.yml"])) {
        const { tests, evaluation_interval: clock } = parse(content) as {
          tests: { interval: string }[];
          evaluation_interval: string;
        };
        expect(new Set(tests.map(({ interval }) => interval))).toEqual(new Set([clock]));
        expect(name).toContain(clock);
      }
    }
  });
});
