export { jobName, type Target } from "./jobs";
export { ObservabilityStack, type ObservabilityStackArgs } from "./observability-stack";
export type { RuleGroup } from "./rule";
export { rulesFile } from "./rule-files";
export { ruleGroups } from "./rules";
export { grafanaRun, monitorRole, nodeExporterRun } from "./runs";
