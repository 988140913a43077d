export { jobName, type Target } from "./jobs";
export { ObservabilityStack, type ObservabilityStackArgs } from "./observability-stack";
export { grafanaRun, monitorRole, nodeExporterRun } from "./runs";
