import { nodeNames, type Topology } from "../../topology";
import { kubeletPort } from "../../services";

/**
 * The cluster, as its kubelets measure it: what runs, how much memory and processor time each container takes, and which
 * one ends again and again. Prometheus asks each kubelet by itself, as a role that reads measurements and nothing else.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
 */

/** On the node: what scripts/cluster.sh writes. */
export const clusterOnNode = "/var/lib/homelab/prometheus/cluster";
/** The same in Prometheus' container. */
export const clusterDirectory = "/etc/prometheus/cluster";

/** The cluster whose server is on the same node. */
export interface MeasuredCluster {
  /** K3s' program there. */
  readonly program: string;
  /** The certificate of the authority that signs the kubelets' own. */
  readonly authority: string;
}

/** For cluster.sh. @param owner who may read what it writes, as `uid:gid` */
export const clusterArguments = (owner: string, cluster: MeasuredCluster, { nodes }: Topology) => [
  ...[clusterOnNode, owner, cluster.program, cluster.authority, String(kubeletPort)],
  ...nodeNames.flatMap((node) => [node, nodes[node].lifecycle]),
];

/** What is kept of thousands of series that nobody looks at. */
const kept = {
  kubelet: [
    "kubelet_running_(pods|containers)",
    "kubelet_started_(pods|containers)(_errors)?_total",
    "kubelet_volume_stats_(available|capacity)_bytes",
  ],
  cadvisor: [
    "container_start_time_seconds",
    "container_memory_working_set_bytes",
    "container_cpu_usage_seconds_total",
    "container_oom_events_total",
  ],
};

/** Prometheus' jobs for it. */
export const clusterJobs = (): object[] =>
  Object.entries(kept).map(([job, metrics]) => ({
    job_name: job,
    scheme: "https",
    metrics_path: job === "cadvisor" ? "/metrics/cadvisor" : "/metrics",
    authorization: { credentials_file: `${clusterDirectory}/token` },
    tls_config: { ca_file: `${clusterDirectory}/ca.crt` },
    file_sd_configs: [{ files: [`${clusterDirectory}/kubelets.json`], refresh_interval: "30s" }],
    metric_relabel_configs: [
      { source_labels: ["__name__"], regex: metrics.join("|"), action: "keep" },
      ...(job === "cadvisor"
        ? // Containers of pods: neither the pods' own groups nor what else runs on the node.
          [{ source_labels: ["container"], regex: "|POD", action: "drop" }]
        : []),
    ],
  }));
