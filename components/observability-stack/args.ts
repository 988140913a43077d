import type * as pulumi from "@pulumi/pulumi";
import type {
  AlertsSettings,
  GrafanaSettings,
  LogShippingSettings,
  LogsSettings,
  MetricsSettings,
  PostgresExporterSettings,
  PrometheusSettings,
  StorageValues,
} from "../../services";
import type { Node, Topology } from "../../topology";
import type { MeasuredCluster } from "./cluster";
import type { Target } from "./jobs";

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
  /** Directory of the files of metrics that scripts on the node write. @default usualMetricsDirectory, of services/ */
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
