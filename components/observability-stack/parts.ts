import * as pulumi from "@pulumi/pulumi";
import { Unit, type ManagedFileArgs } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import {
  grafanaSecrets,
  logEngines,
  logShippingSchema,
  logsDirectory,
  monitorSecrets,
  usualMetricsDirectory,
  type AlertsSettings,
  type LogShippingSettings,
  type LogsSettings,
  type PrometheusSettings,
} from "../../services";
import { requireAlwaysOn, type Node, type Topology } from "../../topology";
import { QuadletService } from "../quadlet-service";
import type { ObservabilityStackArgs } from "./args";
import { clusterArguments, clusterOnNode, type MeasuredCluster } from "./cluster";
import { job, nodeConfig, targetArguments } from "./jobs";
import { logsRun, progressOf } from "./logs";
import {
  alertmanagerRun,
  grafanaRun,
  nobody,
  nodeExporterRun,
  postgresExporterRun,
  prometheusRun,
  receiverSecrets,
  targetsOnNode,
} from "./runs";

/** Whose part it is: the names of all that is made begin with the stack's, and it is their parent. */
interface Stack {
  readonly name: string;
  readonly node: Node;
  readonly topology: Topology;
  readonly sshIdentity: string | undefined;
  readonly connection: ConnectionArgs;
  readonly options: (own?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions;
}

/** Seconds between two looks of a timer. */
const looks = 30;
/** Prometheus sends its alerts every two minutes, and may be away for as long as a reboot. Seconds. */
const patience = 360;

const keptIn = (directory: string) => ({
  kind: "persistent" as const,
  paths: [directory],
  backup: { own: "none: what is lost with it is known no more, and nothing else" },
});

/** A timer, with what it needs beside its script. */
function timed(
  { name, connection, options }: Stack,
  unit: string,
  files: ManagedFileArgs[],
  directories: { path: string; mode: string }[] = [],
  own?: pulumi.CustomResourceOptions,
): Unit {
  return new Unit(
    `${name}-${unit.replace("homelab-", "")}`,
    {
      connection,
      service: `${unit}.timer`,
      files,
      directories,
      health: { exec: ["systemctl", "--quiet", "is-active", `${unit}.timer`], timeoutSeconds: 15 },
    },
    options(own),
  );
}

/** What the node knows of itself, and its exporter. */
export function measureNode(
  stack: Stack,
  {
    metrics,
    metricsDirectory = usualMetricsDirectory,
    targets = [],
    certificates = [],
    nats,
    shipping,
  }: ObservabilityStackArgs,
): void {
  const { name, node, sshIdentity, options } = stack;
  const config = "/etc/homelab/metrics/config";
  const own = timed(
    stack,
    "homelab-metrics",
    [
      ...job(
        "homelab-metrics",
        "node.sh",
        "What this node knows of itself, for Prometheus",
        [metricsDirectory, config],
        looks,
      ),
      {
        path: config,
        content: nodeConfig({
          ...{ timers: metrics.timers, targets, certificates },
          ...(nats === undefined ? {} : { nats }),
          ...(shipping === undefined ? {} : progressOf(shipping)),
        }),
        onChange: "nothing",
      },
    ],
    [{ path: metricsDirectory, mode: "0755" }],
  );
  new QuadletService(
    `${name}-node-exporter`,
    { node, sshIdentity, run: nodeExporterRun(metrics, metricsDirectory), keeps: { kind: "nothing" } },
    options({ dependsOn: own }),
  );
}

/** @returns the password of the role that reads how PostgreSQL is, where it is made here */
export function measurePostgres(
  { name, node, sshIdentity, options }: Stack,
  { exporter, port, storage }: NonNullable<ObservabilityStackArgs["postgres"]>,
): pulumi.Output<string> | undefined {
  return new QuadletService(
    `${name}-postgres-exporter`,
    {
      ...{ node, sshIdentity, run: postgresExporterRun(exporter, port), keeps: { kind: "nothing" } },
      ...(storage === undefined ? { passwords: ["password"] } : { storage, secrets: monitorSecrets }),
    },
    options(),
  ).passwords.password;
}

/** Alertmanager, and who tells people when nobody watches the house. */
export function runAlertmanager(stack: Stack, alerts: AlertsSettings): void {
  const { name, node, topology, sshIdentity, options } = stack;
  const { unit } = new QuadletService(
    `${name}-alertmanager`,
    {
      node: requireAlwaysOn(node, "Alertmanager"),
      sshIdentity,
      run: alertmanagerRun(alerts, { node, topology }),
      keeps: keptIn(alerts.dataDirectory),
      secrets: Object.fromEntries(
        Object.entries(receiverSecrets(alerts)).map(([key, value]) => [key, () => value]),
      ),
    },
    options(),
  );
  timed(
    stack,
    "homelab-watchdog",
    job(
      "homelab-watchdog",
      "watchdog.sh",
      "Looks whether anybody watches the house",
      [`http://127.0.0.1:${alerts.port}`, String(patience)],
      looks,
    ),
    [],
    { dependsOn: unit },
  );
}

/** Prometheus, and what finds out for it whom to ask. */
export function runPrometheus(
  stack: Stack,
  prometheus: PrometheusSettings,
  cluster: MeasuredCluster | undefined,
): void {
  const { name, node, topology, sshIdentity, options } = stack;
  const targets = timed(
    stack,
    "homelab-targets",
    job(
      "homelab-targets",
      "targets.sh",
      "What each node has that Prometheus asks",
      [targetsOnNode, ...targetArguments(node, topology, prometheus.nodes, prometheus.exporterPort)],
      looks,
    ),
    [{ path: targetsOnNode, mode: "0755" }],
  );
  const kubelets =
    cluster === undefined
      ? []
      : [
          timed(
            stack,
            "homelab-cluster-metrics",
            job(
              "homelab-cluster-metrics",
              "cluster.sh",
              "How Prometheus comes to the kubelets",
              clusterArguments(nobody, cluster, topology),
              looks,
            ),
            [{ path: clusterOnNode, mode: "0755" }],
          ),
        ];
  new QuadletService(
    `${name}-prometheus`,
    {
      node: requireAlwaysOn(node, "Prometheus"),
      sshIdentity,
      run: prometheusRun(prometheus, { node, topology }, cluster !== undefined),
      keeps: keptIn(prometheus.dataDirectory),
    },
    options({ dependsOn: [targets, ...kubelets] }),
  );
}

/** The engine that keeps the logs of all nodes. */
export function keepLogs({ name, node, sshIdentity, options }: Stack, logs: LogsSettings): void {
  new QuadletService(
    `${name}-logs`,
    {
      node: requireAlwaysOn(node, logEngines[logs.engine].title),
      sshIdentity,
      run: logsRun(logs),
      keeps: keptIn(logsDirectory(logs)),
    },
    options(),
  );
}

/** @returns the passwords that it made */
export function runGrafana(
  { name, node, topology, sshIdentity, options }: Stack,
  { settings, storage }: NonNullable<ObservabilityStackArgs["grafana"]>,
  shipping: LogShippingSettings = logShippingSchema.parse({}),
): Readonly<Record<string, pulumi.Output<string>>> {
  return new QuadletService(
    `${name}-grafana`,
    {
      node: requireAlwaysOn(node, "Grafana"),
      ...{ sshIdentity, storage },
      run: grafanaRun(settings, shipping, { node, topology }),
      keeps: { kind: "persistent", paths: [settings.dataDirectory], backup: "files" },
      passwords: ["admin"],
      secrets: grafanaSecrets(settings),
    },
    options(),
  ).passwords;
}
