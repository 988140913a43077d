import type { PrometheusSettings, QuadletRun, ServiceContext } from "../../../services";
import { hostPort, houseAddress } from "../../../topology";
import { clusterDirectory, clusterOnNode } from "../cluster";
import { consolePage, consoles } from "../dashboards/page";
import { prometheusArguments, prometheusConfig, targetsDirectory } from "../prometheus";
import { rulesFile } from "../rule-files";
import { ruleGroups } from "../rules";
import { nobody } from "./user";

/** Where targets.sh writes what it found on the node. */
export const targetsOnNode = "/var/lib/homelab/prometheus/targets";

export function prometheusRun(
  settings: PrometheusSettings,
  { node, topology }: ServiceContext,
  cluster = false,
): QuadletRun {
  const config = prometheusConfig({
    ...{ node, topology },
    nodes: settings.nodes,
    exporterPort: settings.exporterPort,
    alertmanagers: settings.alertmanagers.map((name) =>
      hostPort(houseAddress(topology.nodes[name], node), settings.alertmanagerPort),
    ),
    cluster,
  });
  return {
    name: "prometheus",
    description: "Collects what the house measures of itself, and knows when something is wrong",
    image: settings.image,
    memory: settings.memory,
    owner: nobody,
    container: {
      user: nobody,
      entrypoint: "/bin/prometheus",
      exec: prometheusArguments({ ...settings, listen: `:${settings.port}` }),
      mounts: [
        { source: settings.dataDirectory, target: "/prometheus" },
        { source: targetsOnNode, target: targetsDirectory, readOnly: true },
        ...(cluster ? [{ source: clusterOnNode, target: clusterDirectory, readOnly: true }] : []),
      ],
      // It gives memory back before it is taken: a limit that it runs into would end it.
      environment: { GOMEMLIMIT: `${Math.floor(Number.parseInt(settings.memory, 10) * 0.85)}MiB` },
      noNewPrivileges: true,
      dropCapabilities: ["all"],
      // A write-ahead log that was closed in order is read in a moment.
      stopTimeout: 60,
    },
    files: [
      { name: "prometheus.yml", content: config, at: "/etc/prometheus/prometheus.yml" },
      { name: "rules.yml", content: rulesFile(ruleGroups), at: "/etc/prometheus/rules.yml" },
      { name: "homelab.html", content: consolePage(), at: `${consoles}/homelab.html` },
    ],
    health: { http: `http://127.0.0.1:${settings.port}/-/ready` },
    // After a power cut it reads its whole write-ahead log.
    startSeconds: 180,
  };
}
