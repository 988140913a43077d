import { stringify } from "yaml";
import { runbookOf, type Case, type Rule, type RuleGroup } from "./rule";

/** Rules and their tests as Prometheus and promtool read them. */

const text = (value: unknown) => stringify(value, { lineWidth: 0 });

const alertOf = ({ alert, expr, severity, summary, ...rule }: Rule) => ({
  alert,
  expr,
  ...(rule.for === undefined ? {} : { for: rule.for }),
  ...(rule.keepFiringFor === undefined ? {} : { keep_firing_for: rule.keepFiringFor }),
  labels: { severity },
  annotations: { summary, runbook: runbookOf(alert) },
});

/** The file of rules that Prometheus loads. */
export function rulesFile(groups: readonly RuleGroup[]): string {
  return text({
    groups: groups.map(({ name, interval, records = [], rules }) => ({
      name,
      ...(interval === undefined ? {} : { interval }),
      rules: [...records, ...rules.map(alertOf)],
    })),
  });
}

interface Test {
  readonly step: NonNullable<Case["step"]>;
  readonly test: unknown;
}

function testsOf(rule: Rule): Test[] {
  const { alert, severity, ...of } = rule;
  const annotations = { runbook: runbookOf(alert) };
  const test = (name: string, one: Case, told: readonly unknown[]): Test => ({
    step: one.step ?? "1m",
    test: {
      name: `${alert}: ${name}`,
      interval: one.step ?? "1m",
      input_series: Object.entries(one.series).map(([series, values]) => ({ series, values: values.trim() })),
      alert_rule_test: [{ eval_time: one.at, alertname: alert, exp_alerts: told }],
    },
  });
  return [
    ...Object.entries(of.fires).map(([name, one]) =>
      test(
        name,
        one,
        one.alerts.map(({ labels, says }) => ({
          exp_labels: { severity, ...labels },
          exp_annotations: { summary: says, ...annotations },
        })),
      ),
    ),
    ...Object.entries(of.silent).map(([name, one]) => test(`not ${name}`, one, [])),
  ];
}

/**
 * The tests of a group, a file for each step between samples: a file has one clock, and days by a fine one take minutes.
 * @param files of the rules, as the tests find them.
 */
export function testFiles(group: RuleGroup, files: readonly string[]): { name: string; content: string }[] {
  const all = group.rules.flatMap(testsOf);
  return (["15s", "1m", "4m"] as const).flatMap((step) => {
    const tests = all.filter((one) => one.step === step).map(({ test }) => test);
    if (tests.length === 0) return [];
    return [
      {
        name: `${group.name}-${step}.test.yml`,
        content: text({ rule_files: files, evaluation_interval: step, fuzzy_compare: true, tests }),
      },
    ];
  });
}
