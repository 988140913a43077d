import { pathOfSecret } from "../../../packages/quadlet";
import {
  postgresExporterUnit,
  secretName,
  type MetricsSettings,
  type PostgresExporterSettings,
  type QuadletRun,
} from "../../../services";
import { nobody } from "./user";

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
        DATA_SOURCE_PASS_FILE: pathOfSecret(secretName(postgresExporterUnit, "password")),
        GOMEMLIMIT: "54MiB",
      },
      secrets: [{ name: secretName(postgresExporterUnit, "password"), mode: "0400", uid: 65534 }],
      noNewPrivileges: true,
      dropCapabilities: ["all"],
    },
    health: { http: `http://127.0.0.1:${settings.port}/` },
  };
}
