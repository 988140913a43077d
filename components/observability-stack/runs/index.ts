export { alertmanagerRun, receiverSecrets } from "./alertmanager";
export { monitorRole, nodeExporterRun, postgresExporterRun } from "./exporters";
export { grafanaRun } from "./grafana";
export { prometheusRun, targetsOnNode } from "./prometheus";
export { nobody } from "./user";
