import { ruleGroups, rulesFile, type RuleGroup } from "../../../components/observability-stack";
import { onNode } from "../../../tests/support/lab";

/**
 * Rules that wait for longer than anybody watches a drill, and how long they wait in it. Only waiting is left out: the rest of
 * the expression, the way and the message are those of the house.
 */
const shorter: Readonly<
  Record<string, { readonly for: string; readonly threshold?: readonly [house: string, drill: string] }>
> = {
  JobStuck: { for: "1m" },
  TimerMissing: { for: "1m" },
  BackupFailed: { for: "1m" },
  MetricsFileBroken: { for: "1m" },
  LogsNotArriving: { for: "30s", threshold: ["> 600", "> 60"] },
};

/** The house's rules with the waits of the drill. */
const hurried: readonly RuleGroup[] = ruleGroups.map((group) => ({
  ...group,
  rules: group.rules.map((rule) => {
    const less = shorter[rule.alert];
    if (less === undefined) return rule;
    const [house, drill] = less.threshold ?? ["", ""];
    if (!rule.expr.includes(house)) throw new Error(`${rule.alert} has no ${house} any more`);
    return { ...rule, for: less.for, expr: rule.expr.replace(house, drill) };
  }),
}));

/** How long a rule waits, and what the house's waits where that is another time. */
export function waits(alert: string, full: boolean): string {
  const rule = ruleGroups.flatMap(({ rules }) => rules).find((one) => one.alert === alert);
  const less = full ? undefined : shorter[alert];
  const house = [rule?.for ?? "", less?.threshold?.[0] ?? ""].filter((part) => part !== "").join(", ");
  if (less === undefined) return house;
  return `${[less.for, less.threshold?.[1] ?? ""].filter((part) => part !== "").join(", ")} (at home ${house})`;
}

/** Gives Prometheus these rules, in the file that its unit has; an `up` would put the house's back, too. */
export function rulesFor(whose: "house" | "drill"): void {
  onNode(
    "storage",
    // In the same file: the container has that one mounted.
    "cat >/etc/homelab/prometheus/rules.yml && podman kill -s HUP prometheus",
    rulesFile(whose === "house" ? ruleGroups : hurried),
  );
}
