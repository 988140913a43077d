import { pathOfSecret } from "../../../packages/quadlet";
import {
  grafanaSecretName,
  logsPort,
  type GrafanaSettings,
  type LogShippingSettings,
  type QuadletRun,
  type ServiceContext,
} from "../../../services";
import { hostPort, houseAddress } from "../../../topology";
import { dashboardFiles, providersFile, sourcesFile } from "../dashboards/grafana";

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
  const file = (key: "admin" | "postgres") => pathOfSecret(grafanaSecretName(key));
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
