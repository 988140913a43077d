export type { ObservabilityStackArgs } from "./args";
export { jobName, type Target } from "./jobs";
export { ObservabilityStack } from "./observability-stack";
export type { RuleGroup } from "./rule";
export { rulesFile } from "./rule-files";
export { ruleGroups } from "./rules";
export { grafanaRun, monitorRole, nodeExporterRun } from "./runs";
