import type * as pulumi from "@pulumi/pulumi";
import { jobName, monitorRole, ObservabilityStack, type Target } from "../components/observability-stack";
import type { PostgresNode } from "../components/postgres-node";
import { scrapedOn } from "../services";
import type { House } from "./house";

/** What Prometheus asks on a node beside its exporter: whatever services there declare. */
const targetsOf = ({ node, settings }: House): Target[] =>
  scrapedOn(node.name, settings).map(({ title, port, path }) => ({ name: jobName(title), port, path }));

/** Measures the node, and on storage and desktop collects and tells, as its settings say. */
export function observe(house: House, opts: pulumi.ComponentResourceOptions, postgres?: PostgresNode): void {
  const { node, topology, settings } = house;
  if (!settings.metrics.enabled) return;
  const { prometheus, alerts, logs, logShipping, postgresExporter, backup } = {
    ...{ prometheus: undefined, alerts: undefined, logs: undefined, postgresExporter: undefined },
    ...settings,
  };
  const { monitorPassword } = new ObservabilityStack(
    "observability",
    {
      node,
      topology,
      identity: settings.sshIdentity,
      metrics: settings.metrics,
      targets: targetsOf(house),
      ...("metricsDirectory" in backup ? { metricsDirectory: backup.metricsDirectory } : {}),
      ...(settings.k3s.enabled ? { certificates: certificatesOf(settings.k3s.dataDirectory) } : {}),
      ...(prometheus?.enabled === true ? { prometheus } : {}),
      ...(alerts?.enabled === true ? { alerts } : {}),
      ...(logs?.enabled === true ? { logs } : {}),
      ...(logShipping.enabled ? { shipping: logShipping } : {}),
      ...(postgres !== undefined && postgresExporter?.enabled === true
        ? { postgres: { exporter: postgresExporter, port: postgres.endpoints.port } }
        : {}),
    },
    opts,
  );
  if (monitorPassword !== undefined) postgres?.monitoredBy(monitorRole, monitorPassword);
}

/** What K3s made of certificates, for itself and its agents. */
const certificatesOf = (directory: string) => [`${directory}/server/tls/*.crt`, `${directory}/agent/*.crt`];
