import type {
  AlertsSettings,
  GrafanaSettings,
  LogShippingSettings,
  MetricsSettings,
  PostgresExporterSettings,
  PrometheusSettings,
  QuadletRun,
  ServiceContext,
} from "../../services";
import { grafanaSecretName, logsPort, postgresExporterUnit, secretName } from "../../services";
import { alertmanagerArguments, alertmanagerConfig, type Receiver, type Receivers } from "./alertmanager";
import { clusterDirectory, clusterOnNode } from "./cluster";
import { consolePage, consoles } from "./dashboards/page";
import { dashboardFiles, providersFile, sourcesFile } from "./dashboards/grafana";
import { prometheusArguments, prometheusConfig, targetsDirectory } from "./prometheus";
import { rulesFile } from "./rule-files";
import { ruleGroups } from "./rules";
import { hostPort, houseAddress, type Node } from "../../topology";

/** How each program of the stack runs. The images' own user, nobody, is who they are: none needs more than it is given. */

export const nobody = "65534:65534";

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

type ReceiverSettings = AlertsSettings["receivers"][string];

const filled = (all: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));

/** What opens a receiver, by the keys of its podman secrets. */
const secretsOf = ({ webhook, ntfy, email, telegram, discord }: ReceiverSettings, prefix = "") =>
  filled({
    [`${prefix}webhook`]: webhook,
    [`${prefix}ntfy-token`]: ntfy.token,
    [`${prefix}email-password`]: email.password,
    [`${prefix}telegram-token`]: telegram.token,
    [`${prefix}discord`]: discord,
  });

const prefixOf = (name: string) => `to-${name}-`;

/** The podman secrets of an Alertmanager, by their keys: what opens its receivers. */
export function receiverSecrets(settings: AlertsSettings): Record<string, string> {
  return {
    ...secretsOf(settings),
    ...filled({ heartbeat: settings.heartbeat }),
    ...Object.fromEntries(
      Object.entries(settings.receivers).flatMap(([name, one]) =>
        Object.entries(secretsOf(one, prefixOf(name))),
      ),
    ),
  };
}

const secretFile = (key: string) => `/run/secrets/homelab-alertmanager-${key}`;

function receiverOf(settings: ReceiverSettings, prefix = ""): Receiver {
  const { ntfy, email, telegram } = settings;
  const given = secretsOf(settings, prefix);
  const file = (key: string) => secretFile(`${prefix}${key}`);
  const has = (key: string) => `${prefix}${key}` in given;
  const [, server = "", topic = ""] = /^(.*)\/([^/]*)$/.exec(ntfy.url) ?? [];
  return {
    ...(has("webhook") ? { webhook: { urlFile: file("webhook") } } : {}),
    ...(ntfy.url === ""
      ? {}
      : { ntfy: { server, topic, ...(has("ntfy-token") ? { tokenFile: file("ntfy-token") } : {}) } }),
    ...(email.to === ""
      ? {}
      : {
          email: {
            ...{ to: email.to, from: email.from, server: email.server },
            ...(email.user === "" ? {} : { user: email.user }),
            ...(has("email-password") ? { passwordFile: file("email-password") } : {}),
          },
        }),
    ...(has("telegram-token")
      ? { telegram: { chat: telegram.chat, tokenFile: file("telegram-token") } }
      : {}),
    ...(has("discord") ? { discord: { urlFile: file("discord") } } : {}),
  };
}

const receivers = (settings: AlertsSettings): Receivers => ({
  people: receiverOf(settings),
  ...(settings.heartbeat === "" ? {} : { heartbeat: { urlFile: secretFile("heartbeat") } }),
  others: Object.fromEntries(
    Object.entries(settings.receivers).map(([name, one]) => [name, receiverOf(one, prefixOf(name))]),
  ),
});

/** An address in the mesh is there once tailscaled is, which Alertmanager must not wait for. */
const gossip = (node: Node, port: number) => {
  const [own, at] = [node.address, houseAddress(node)];
  return own === at
    ? { listen: hostPort(own, port) }
    : { listen: hostPort(at.includes(":") ? "::" : "0.0.0.0", port), advertise: hostPort(at, port) };
};

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
        ...gossip(node, settings.meshPort),
        peers: peers.map((name) => hostPort(houseAddress(topology.nodes[name]), settings.meshPort)),
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
    name: postgresExporterUnit,
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
        DATA_SOURCE_PASS_FILE: `/run/secrets/${secretName(postgresExporterUnit, "password")}`,
        GOMEMLIMIT: "54MiB",
      },
      secrets: [{ name: secretName(postgresExporterUnit, "password"), mode: "0400", uid: 65534 }],
      noNewPrivileges: true,
      dropCapabilities: ["all"],
    },
    health: { http: `http://127.0.0.1:${settings.port}/` },
  };
}

/** Grafana on desktop: its pages and data sources are files, and who opens it must log in. */
export function grafanaRun(
  settings: GrafanaSettings,
  shipping: LogShippingSettings,
  { node, topology }: ServiceContext,
): QuadletRun {
  const on = (port: number) => hostPort(houseAddress(topology.nodes.storage, node), port);
  const { role, database, port } = settings.postgres;
  const boards = "/etc/grafana/homelab";
  const secrets = ["admin" as const, ...(role === undefined ? [] : ["postgres" as const])];
  const file = (key: "admin" | "postgres") => `/run/secrets/${grafanaSecretName(key)}`;
  const sources = sourcesFile({
    prometheus: `http://${on(settings.prometheusPort)}`,
    logs: { engine: shipping.engine, url: `http://${on(logsPort(shipping))}` },
    ...(role === undefined
      ? {}
      : { postgres: { at: on(port), database, role, passwordFile: file("postgres") } }),
  });
  return {
    name: "grafana",
    description: "Shows what is measured and said",
    image: settings.image,
    memory: settings.memory,
    owner: "472:0",
    container: {
      user: "472:0",
      entrypoint: "/run.sh",
      mounts: [{ source: settings.dataDirectory, target: "/var/lib/grafana" }],
      secrets: secrets.map((key) => ({ name: grafanaSecretName(key), mode: "0400", uid: 472 })),
      environment: {
        GF_SERVER_HTTP_PORT: String(settings.port),
        GF_SECURITY_ADMIN_USER: "admin",
        GF_SECURITY_ADMIN_PASSWORD__FILE: file("admin"),
        GF_AUTH_ANONYMOUS_ENABLED: "false",
        GF_USERS_ALLOW_SIGN_UP: "false",
        // A home asks nobody outside for anything.
        GF_ANALYTICS_REPORTING_ENABLED: "false",
        GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
        GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
        GF_NEWS_NEWS_FEED_ENABLED: "false",
        GF_SECURITY_DISABLE_GRAVATAR: "true",
        GF_METRICS_ENABLED: "true",
        GF_LOG_LEVEL: "warn",
        GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${boards}/homelab-house.json`,
        GOMEMLIMIT: `${Math.floor(Number.parseInt(settings.memory, 10) * 0.85)}MiB`,
        // Its own sources are in it; VictoriaLogs' is fetched when it starts, and without it only that page's logs are missing.
        ...(shipping.engine === "loki"
          ? { GF_PLUGINS_PREINSTALL_DISABLED: "true" }
          : { GF_PLUGINS_PREINSTALL: "victoriametrics-logs-datasource" }),
      },
      noNewPrivileges: true,
      dropCapabilities: ["all"],
    },
    files: [
      { name: "sources.yaml", content: sources, at: "/etc/grafana/provisioning/datasources/homelab.yaml" },
      {
        ...{ name: "pages.yaml", content: providersFile(boards) },
        at: "/etc/grafana/provisioning/dashboards/homelab.yaml",
      },
      ...Object.entries(dashboardFiles(shipping.engine, role !== undefined)).map(([name, content]) => ({
        ...{ name, content, at: `${boards}/${name}` },
      })),
    ],
    health: { http: `http://127.0.0.1:${settings.port}/api/health` },
    // The first start makes its database.
    startSeconds: 180,
  };
}
