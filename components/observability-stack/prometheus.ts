import { stringify } from "yaml";
import { clusterJobs } from "./cluster";
import { consoles } from "./dashboards/page";
import { hostPort, houseAddress, type Node, type NodeName, type Topology } from "../../topology";

export interface PrometheusConfig {
  /** The node on which Prometheus runs. */
  readonly node: Node;
  readonly topology: Topology;
  /** Those that are asked. */
  readonly nodes: readonly NodeName[];
  /** Port of the node exporter on each of them. */
  readonly exporterPort: number;
  /** `host:port` of each Alertmanager. */
  readonly alertmanagers: readonly string[];
  /** Whether the server of the cluster is on the same node, so that the kubelets are asked. */
  readonly cluster: boolean;
}

/** In the container: files of targets, which scripts/targets.sh writes of what each node says it has. */
export const targetsDirectory = "/etc/prometheus/targets";

/**
 * What Prometheus asks, and how often. Of each node its exporter is written here; whatever else is to be scraped on a node
 * that node's own stack knows, and the exporter says it: a new service needs no line here, and no other stack.
 *
 * `node` is the topology's name and never an address: addresses change, dashboards do not.
 */
export function prometheusConfig({
  node,
  topology,
  nodes,
  exporterPort,
  alertmanagers,
  cluster,
}: PrometheusConfig): string {
  return stringify(
    {
      global: { scrape_interval: "15s", scrape_timeout: "10s", evaluation_interval: "15s" },
      rule_files: ["/etc/prometheus/rules.yml"],
      alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
      scrape_configs: [
        {
          job_name: "node",
          static_configs: nodes.map((name) => ({
            targets: [hostPort(houseAddress(topology.nodes[name], node), exporterPort)],
            labels: { node: name, lifecycle: topology.nodes[name].lifecycle },
          })),
        },
        {
          job_name: "services",
          file_sd_configs: [{ files: [`${targetsDirectory}/*.json`], refresh_interval: "30s" }],
        },
        ...(cluster ? clusterJobs() : []),
      ],
    },
    { lineWidth: 0 },
  );
}

export interface PrometheusArguments {
  /** Address and port to listen on. */
  readonly listen: string;
  readonly retentionDays: number;
  /** As Prometheus writes it: `8GB`. */
  readonly retentionSize: string;
}

/**
 * Arguments of the program. Alerts are sent again every two minutes, so that Alertmanager takes none for resolved before
 * scripts/watchdog.sh has seen that Prometheus is gone (it takes eight, four times as long); and what had held for a while
 * when Prometheus was restarted goes on from there.
 */
export const prometheusArguments = ({
  listen,
  retentionDays,
  retentionSize,
}: PrometheusArguments): string[] => [
  "--config.file=/etc/prometheus/prometheus.yml",
  "--storage.tsdb.path=/prometheus",
  `--storage.tsdb.retention.time=${retentionDays}d`,
  `--storage.tsdb.retention.size=${retentionSize}`,
  `--web.listen-address=${listen}`,
  `--web.console.templates=${consoles}`,
  `--web.console.libraries=${consoles}`,
  "--rules.alert.resend-delay=2m",
  "--rules.alert.for-grace-period=10s",
];
