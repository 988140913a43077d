import * as pulumi from "@pulumi/pulumi";
import { Unit, type ManagedFileArgs } from "../../provider/sdk/remote";
import {
  grafanaSecrets,
  logEngines,
  logShippingSchema,
  logsDirectory,
  monitorSecrets,
  postgresExporterUnit,
  usualMetricsDirectory,
  type AlertsSettings,
  type GrafanaSettings,
  type LogShippingSettings,
  type LogsSettings,
  type MetricsSettings,
  type PostgresExporterSettings,
  type PrometheusSettings,
  type StorageValues,
} from "../../services";
import { connectionOf, requireAlwaysOn, type Node, type Topology } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn, persistentOn } from "../placement";
import { QuadletService } from "../quadlet-service";
import { clusterArguments, clusterOnNode, type MeasuredCluster } from "./cluster";
import { logsRun, progressOf, shipLogs } from "./logs";
import { job, nodeConfig, targetArguments, type Target } from "./jobs";
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

export interface ObservabilityStackArgs {
  /** The node that is watched; what keeps data on it needs an always-on one. */
  node: Node;
  /** All nodes: those that Prometheus asks, and those whose absence is no alarm. */
  topology: Topology;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
  /**
   * `homelab:metrics`: the exporter of the node, and what else is watched there.
   * @see services/metrics.ts
   */
  metrics: MetricsSettings;
  /** Directory of the files of metrics that scripts on the node write. @default {@link usualMetricsDirectory} */
  metricsDirectory?: string;
  /** What else Prometheus asks on this node. @default nothing */
  targets?: readonly Target[];
  /** Certificates whose end is watched. @default none */
  certificates?: readonly string[];
  /** Port on loopback on which the NATS of this node tells of itself. @default there is none */
  nats?: number;
  /** Collects and judges; on an always-on node. @default another node does */
  prometheus?: PrometheusSettings;
  /** The cluster whose server is on this node: Prometheus asks its kubelets. @default there is none */
  cluster?: MeasuredCluster;
  /** Tells people; on an always-on node. @default other nodes do */
  alerts?: AlertsSettings;
  /** Keeps the logs of all nodes; on an always-on node. @default another node does */
  logs?: LogsSettings;
  /** Carries this node's journal and its pods' logs to storage. @default it stays here */
  shipping?: LogShippingSettings;
  /** Shows it, on an always-on node. @default another node does */
  grafana?: {
    settings: GrafanaSettings;
    /** What storage hands out, of which it takes the password of a role that reads. */
    storage: pulumi.Input<StorageValues>;
  };
  /** Of the PostgreSQL on this node. @default it is not measured */
  postgres?: {
    exporter: PostgresExporterSettings;
    port: number;
    /** Of a standby, whose role and password are its primary's: what storage hands out. */
    storage?: pulumi.Input<StorageValues>;
  };
}

const looks = 30;
/** Prometheus sends its alerts every two minutes, and may be away for as long as a reboot. */
const patience = 360;

/** What a node says of itself; and on always-on nodes Prometheus, which collects it, and Alertmanager, which tells people. */
export class ObservabilityStack extends pulumi.ComponentResource {
  /** Password of the role that reads how PostgreSQL is, where it was made here. Secret. */
  readonly monitorPassword: pulumi.Output<string> | undefined;
  /** Passwords of what was made, by service and key. Secret. */
  readonly passwords: Readonly<Record<string, Readonly<Record<string, pulumi.Output<string>>>>>;

  constructor(name: string, args: ObservabilityStackArgs, opts?: pulumi.ComponentResourceOptions) {
    const {
      node,
      topology,
      sshIdentity,
      metrics,
      prometheus,
      cluster,
      alerts,
      logs,
      shipping,
      grafana,
      postgres,
    } = args;
    const kept = [
      ...[prometheus, alerts].flatMap((one) => (one === undefined ? [] : [one.dataDirectory])),
      ...(logs === undefined ? [] : [logsDirectory(logs)]),
      ...(grafana === undefined ? [] : [grafana.settings.dataDirectory]),
    ];
    super(
      "homelab:index:ObservabilityStack",
      name,
      {
        placement: kept.length === 0 ? nothingKeptOn(node) : persistentOn(node, "ObservabilityStack", kept),
      },
      opts,
    );
    const connection = connectionOf(node, sshIdentity);
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const context = { node, topology };
    const { metricsDirectory = usualMetricsDirectory } = args;

    /** A timer of this stack's, with what it needs beside its script. */
    const timed = (
      unit: string,
      files: ManagedFileArgs[],
      directories: { path: string; mode: string }[] = [],
      own?: pulumi.CustomResourceOptions,
    ) =>
      new Unit(
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

    const config = "/etc/homelab/metrics/config";
    const own = timed(
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
            timers: metrics.timers,
            targets: args.targets ?? [],
            certificates: args.certificates ?? [],
            ...(args.nats === undefined ? {} : { nats: args.nats }),
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

    const monitor =
      postgres === undefined
        ? undefined
        : new QuadletService(
            `${name}-postgres-exporter`,
            {
              ...{ node, sshIdentity, run: postgresExporterRun(postgres.exporter, postgres.port) },
              keeps: { kind: "nothing" },
              ...(postgres.storage === undefined
                ? { passwords: ["password"] }
                : { storage: postgres.storage, secrets: monitorSecrets }),
            },
            options(),
          ).passwords;
    this.monitorPassword = monitor?.password;

    if (alerts !== undefined) {
      const { unit } = new QuadletService(
        `${name}-alertmanager`,
        {
          node: requireAlwaysOn(node, "Alertmanager"),
          sshIdentity,
          run: alertmanagerRun(alerts, context),
          keeps: keptIn(alerts.dataDirectory),
          secrets: Object.fromEntries(
            Object.entries(receiverSecrets(alerts)).map(([key, value]) => [key, () => value]),
          ),
        },
        options(),
      );
      timed(
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
    if (prometheus !== undefined) {
      const targets = timed(
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
          run: prometheusRun(prometheus, context, cluster !== undefined),
          keeps: keptIn(prometheus.dataDirectory),
        },
        options({ dependsOn: [targets, ...kubelets] }),
      );
    }
    if (logs !== undefined) {
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
    this.passwords = {
      ...(this.monitorPassword === undefined
        ? {}
        : { [postgresExporterUnit]: { password: this.monitorPassword } }),
      ...(grafana === undefined
        ? {}
        : {
            grafana: new QuadletService(
              `${name}-grafana`,
              {
                node: requireAlwaysOn(node, "Grafana"),
                ...{ sshIdentity, storage: grafana.storage },
                run: grafanaRun(grafana.settings, shipping ?? logShippingSchema.parse({}), context),
                keeps: {
                  kind: "persistent",
                  paths: [grafana.settings.dataDirectory],
                  backup: "files",
                },
                passwords: ["admin"],
                secrets: grafanaSecrets(grafana.settings),
              },
              options(),
            ).passwords,
          }),
    };
    if (shipping !== undefined) {
      shipLogs(name, { node, topology, sshIdentity, connection, settings: shipping }, options);
    }
    this.registerOutputs({});
  }
}

const keptIn = (directory: string) => ({
  kind: "persistent" as const,
  paths: [directory],
  backup: { own: "none: what is lost with it is known no more, and nothing else" },
});
