import type * as pulumi from "@pulumi/pulumi";
import { jobName, monitorRole, ObservabilityStack, type Target } from "../components/observability-stack";
import { measuredCluster } from "../components/k3s";
import type { PostgresNode } from "../components/postgres-node";
import { scrapedOn, type StorageValues } from "../services";
import type { StackContext } from "./run-stack";

/** What Prometheus asks on a node beside its exporter: whatever services there declare. */
const targetsOf = ({ node, settings }: StackContext): Target[] =>
  scrapedOn(node.name, settings).map(({ title, port, path }) => ({ name: jobName(title), port, path }));

/** What of other parts of the house it needs, where it is there. */
interface Around {
  readonly postgres?: PostgresNode;
  /** What storage hands out. */
  readonly storage?: pulumi.Input<StorageValues>;
}

/**
 * Measures the node, and on storage and desktop collects, tells and shows, as its settings say.
 * @returns passwords of what it made, by service
 */
export function observe(
  context: StackContext,
  opts: pulumi.ComponentResourceOptions,
  { postgres, storage }: Around = {},
): ObservabilityStack["passwords"] {
  const { node, topology, settings } = context;
  if (!settings.metrics.enabled) return {};
  const { prometheus, alerts, logs, logShipping, postgresExporter, grafana, backup } = {
    ...{ prometheus: undefined, alerts: undefined, logs: undefined, postgresExporter: undefined },
    ...{ grafana: undefined, ...settings },
  };
  const { monitorPassword, passwords } = new ObservabilityStack(
    "observability",
    {
      node,
      topology,
      sshIdentity: settings.sshIdentity,
      metrics: settings.metrics,
      targets: targetsOf(context),
      ...("metricsDirectory" in backup ? { metricsDirectory: backup.metricsDirectory } : {}),
      ...("nats" in settings && settings.nats.enabled ? { nats: settings.nats.monitorPort } : {}),
      ...(settings.k3s.enabled ? { certificates: certificatesOf(settings.k3s.dataDirectory) } : {}),
      ...(prometheus?.enabled === true ? { prometheus } : {}),
      ...(node.name === "storage" && settings.k3s.enabled ? { cluster: measuredCluster(settings.k3s) } : {}),
      ...(alerts?.enabled === true ? { alerts } : {}),
      ...(logs?.enabled === true ? { logs } : {}),
      ...(logShipping.enabled ? { shipping: logShipping } : {}),
      ...(storage !== undefined && grafana?.enabled === true
        ? { grafana: { settings: grafana, storage } }
        : {}),
      ...(postgresExporter?.enabled === true && postgres !== undefined
        ? { postgres: { exporter: postgresExporter, port: postgres.endpoints.port } }
        : {}),
      // The standby; its role came with the data.
      ...(postgresExporter?.enabled === true && storage !== undefined && "replica" in settings
        ? { postgres: { exporter: postgresExporter, port: settings.replica.port, storage } }
        : {}),
    },
    opts,
  );
  if (monitorPassword !== undefined) postgres?.monitoredBy(monitorRole, monitorPassword);
  return passwords;
}

/** What K3s made of certificates, for itself and its agents. */
const certificatesOf = (directory: string) => [`${directory}/server/tls/*.crt`, `${directory}/agent/*.crt`];
