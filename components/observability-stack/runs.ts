import type {
  AlertsSettings,
  LogsSettings,
  MetricsSettings,
  PostgresExporterSettings,
  PrometheusSettings,
  QuadletRun,
  ServiceContext,
} from "../../services";
import { alertmanagerArguments, alertmanagerConfig, type Receivers } from "./alertmanager";
import { prometheusArguments, prometheusConfig, targetsDirectory } from "./prometheus";
import { rulesFile } from "./rule-files";
import { ruleGroups } from "./rules";
import { hostPort } from "../../topology";

/** How each program of the stack runs. The images' own user, nobody, is who they are: none needs more than it is given. */

const nobody = "65534:65534";

/** Where targets.sh writes what it found on the node. */
export const targetsOnNode = "/var/lib/homelab/prometheus/targets";

export function prometheusRun(settings: PrometheusSettings, { topology }: ServiceContext): QuadletRun {
  const config = prometheusConfig({
    topology,
    nodes: settings.nodes,
    exporterPort: settings.exporterPort,
    alertmanagers: settings.alertmanagers.map((name) =>
      hostPort(topology.nodes[name].address, settings.alertmanagerPort),
    ),
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
    ],
    health: { http: `http://127.0.0.1:${settings.port}/-/ready` },
    // After a power cut it reads its whole write-ahead log.
    startSeconds: 180,
  };
}

/** The podman secrets of an Alertmanager, by their keys: what opens its receivers. */
export function receiverSecrets(settings: AlertsSettings): Record<string, string> {
  const all = {
    webhook: settings.webhook,
    "ntfy-token": settings.ntfy.token,
    "email-password": settings.email.password,
    "telegram-token": settings.telegram.token,
    discord: settings.discord,
    heartbeat: settings.heartbeat,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

function receivers({ ntfy, email, telegram, ...settings }: AlertsSettings): Receivers {
  const given = receiverSecrets({ ntfy, email, telegram, ...settings });
  const file = (key: string) => `/run/secrets/homelab-alertmanager-${key}`;
  const [, server = "", topic = ""] = /^(.*)\/([^/]*)$/.exec(ntfy.url) ?? [];
  return {
    ...("webhook" in given ? { webhook: { urlFile: file("webhook") } } : {}),
    ...(ntfy.url === ""
      ? {}
      : { ntfy: { server, topic, ...("ntfy-token" in given ? { tokenFile: file("ntfy-token") } : {}) } }),
    ...(email.to === ""
      ? {}
      : {
          email: {
            ...{ to: email.to, from: email.from, server: email.server },
            ...(email.user === "" ? {} : { user: email.user }),
            ...("email-password" in given ? { passwordFile: file("email-password") } : {}),
          },
        }),
    ...("telegram-token" in given
      ? { telegram: { chat: telegram.chat, tokenFile: file("telegram-token") } }
      : {}),
    ...("discord" in given ? { discord: { urlFile: file("discord") } } : {}),
    ...("heartbeat" in given ? { heartbeat: { urlFile: file("heartbeat") } } : {}),
  };
}

export function alertmanagerRun(settings: AlertsSettings, { node, topology }: ServiceContext): QuadletRun {
  const peers = (["storage", "desktop"] as const).filter((name) => name !== node.name);
  return {
    name: "alertmanager",
    description: "Tells people what is wrong",
    image: settings.image,
    memory: "96M",
    owner: nobody,
    container: {
      user: nobody,
      entrypoint: "/bin/alertmanager",
      exec: alertmanagerArguments(`:${settings.port}`, {
        listen: hostPort(node.address, settings.meshPort),
        peers: peers.map((name) => hostPort(topology.nodes[name].address, settings.meshPort)),
      }),
      mounts: [{ source: settings.dataDirectory, target: "/alertmanager" }],
      secrets: Object.keys(receiverSecrets(settings)).map((key) => ({
        ...{ name: `homelab-alertmanager-${key}`, mode: "0400", uid: 65534 },
      })),
      environment: { GOMEMLIMIT: "80MiB" },
      noNewPrivileges: true,
      dropCapabilities: ["all"],
    },
    files: [
      {
        ...{ name: "alertmanager.yml", at: "/etc/alertmanager/alertmanager.yml" },
        content: alertmanagerConfig(receivers(settings)),
      },
    ],
    health: { http: `http://127.0.0.1:${settings.port}/-/ready` },
  };
}

export function nodeExporterRun(settings: MetricsSettings, metricsDirectory: string): QuadletRun {
  return {
    name: "node-exporter",
    description: "Says how this node and its units are",
    image: settings.image,
    memory: "64M",
    container: {
      user: nobody,
      entrypoint: "/bin/node_exporter",
      exec: [
        ...["--path.rootfs=/host", "--path.procfs=/host/proc", "--path.sysfs=/host/sys"],
        "--path.udev.data=/host/run/udev/data",
        "--collector.systemd",
        "--collector.systemd.enable-restarts-metrics",
        "--collector.systemd.unit-include=.+\\.(service|timer|socket|mount)",
        "--collector.textfile.directory=/metrics",
        `--web.listen-address=:${settings.port}`,
      ],
      // What is mounted on the node later is seen too.
      mounts: [
        { source: "/", target: "/host", readOnly: true, propagation: "rslave" },
        // The way there on the node is closed to all but root.
        { source: metricsDirectory, target: "/metrics", readOnly: true },
      ],
      // Without it the collector finds no systemd in a container, and says so by 0 alone.
      environment: {
        DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/host/run/dbus/system_bus_socket",
        GOMEMLIMIT: "54MiB",
      },
      noNewPrivileges: true,
      dropCapabilities: ["all"],
    },
    health: { http: `http://127.0.0.1:${settings.port}/` },
  };
}

export const monitorRole = "homelab_monitor";

export function postgresExporterRun(settings: PostgresExporterSettings, postgresPort: number): QuadletRun {
  return {
    name: "postgres-exporter",
    description: "Says how PostgreSQL is",
    image: settings.image,
    memory: "64M",
    container: {
      user: nobody,
      entrypoint: "/bin/postgres_exporter",
      exec: [`--web.listen-address=:${settings.port}`, "--collector.database_wraparound"],
      environment: {
        DATA_SOURCE_URI: `127.0.0.1:${postgresPort}/${monitorRole}?sslmode=disable`,
        DATA_SOURCE_USER: monitorRole,
        DATA_SOURCE_PASS_FILE: "/run/secrets/homelab-postgres-exporter-password",
        GOMEMLIMIT: "54MiB",
      },
      secrets: [{ name: "homelab-postgres-exporter-password", mode: "0400", uid: 65534 }],
      noNewPrivileges: true,
      dropCapabilities: ["all"],
    },
    health: { http: `http://127.0.0.1:${settings.port}/` },
  };
}

/** VictoriaLogs: what it has said yes to is on the disk after a second. */
export function logsRun(settings: LogsSettings): QuadletRun {
  return {
    name: "victoria-logs",
    description: "Keeps what every node says",
    image: settings.image,
    memory: "256M",
    owner: nobody,
    container: {
      user: nobody,
      entrypoint: "/victoria-logs-prod",
      exec: [
        "-storageDataPath=/data",
        `-retentionPeriod=${settings.retentionDays}d`,
        `-retention.maxDiskSpaceUsageBytes=${settings.retentionSize}`,
        `-httpListenAddr=:${settings.port}`,
        "-inmemoryDataFlushInterval=1s",
        "-memory.allowedBytes=100MiB",
        "-loggerLevel=WARN",
      ],
      mounts: [{ source: settings.dataDirectory, target: "/data" }],
      environment: { GOMEMLIMIT: "160MiB" },
      noNewPrivileges: true,
      dropCapabilities: ["all"],
    },
    health: { http: `http://127.0.0.1:${settings.port}/health` },
  };
}
