import { stringify } from "yaml";
import { logsDirectory, logsImage, logsPort, type LogsSettings, type QuadletRun } from "../../../services";

/** How each engine runs. Both keep within 256 MB, which are storage's to give. */
const memory = "256M";

/** VictoriaLogs: what it has said yes to is on the disk after a second. */
function victoriaLogsRun(settings: LogsSettings): QuadletRun {
  const port = logsPort(settings);
  const nobody = "65534:65534";
  return {
    name: "victoria-logs",
    description: "Keeps what every node says",
    image: logsImage(settings),
    memory,
    owner: nobody,
    container: {
      user: nobody,
      entrypoint: "/victoria-logs-prod",
      exec: [
        "-storageDataPath=/data",
        `-retentionPeriod=${settings.retentionDays}d`,
        `-retention.maxDiskSpaceUsageBytes=${settings.retentionSize}`,
        `-httpListenAddr=:${port}`,
        "-inmemoryDataFlushInterval=1s",
        "-memory.allowedBytes=100MiB",
        "-loggerLevel=WARN",
      ],
      mounts: [{ source: logsDirectory(settings), target: "/data" }],
      environment: { GOMEMLIMIT: "160MiB" },
      noNewPrivileges: true,
      dropCapabilities: ["all"],
    },
    health: { http: `http://127.0.0.1:${port}/health` },
  };
}

/**
 * The text of loki.yaml: one process, its lines in files, structured metadata, and old ones deleted.
 * @see https://grafana.com/docs/loki/latest/configure/
 */
function lokiConfig(settings: LogsSettings): string {
  const kept = `${settings.retentionDays * 24}h`;
  return stringify(
    {
      auth_enabled: false,
      server: {
        http_listen_port: logsPort(settings),
        // Its parts speak to each other within the node.
        grpc_listen_address: "127.0.0.1",
        grpc_listen_port: 9096,
        log_level: "warn",
      },
      common: {
        instance_addr: "127.0.0.1",
        path_prefix: "/loki",
        replication_factor: 1,
        ring: { kvstore: { store: "inmemory" } },
        storage: {
          filesystem: { chunks_directory: "/loki/chunks", rules_directory: "/loki/rules" },
        },
      },
      schema_config: {
        configs: [
          {
            // Before the first line: structured metadata needs schema 13.
            ...{ from: "2024-04-01", store: "tsdb", object_store: "filesystem", schema: "v13" },
            index: { prefix: "index_", period: "24h" },
          },
        ],
      },
      ingester: {
        // What was taken is in it, and comes back after a power cut.
        wal: { enabled: true, dir: "/loki/wal", flush_on_shutdown: true, replay_memory_ceiling: "96MB" },
        chunk_idle_period: "30m",
        chunk_encoding: "snappy",
      },
      compactor: {
        working_directory: "/loki/compactor",
        retention_enabled: true,
        delete_request_store: "filesystem",
      },
      limits_config: {
        retention_period: kept,
        allow_structured_metadata: true,
        // What a node could not send while it was off is taken.
        reject_old_samples: true,
        reject_old_samples_max_age: kept,
        unordered_writes: true,
        // A label that takes too many values is refused before it costs memory.
        max_global_streams_per_user: 2000,
        // After an hour of silence a node sends all at once.
        ingestion_rate_mb: 16,
        ingestion_burst_size_mb: 32,
        per_stream_rate_limit: "16MB",
        per_stream_rate_limit_burst: "32MB",
        max_line_size: "256KB",
        max_line_size_truncate: true,
        volume_enabled: true,
      },
      query_range: {
        results_cache: { cache: { embedded_cache: { enabled: true, max_size_mb: 16 } } },
      },
      analytics: { reporting_enabled: false },
    },
    { lineWidth: 0 },
  );
}

function lokiRun(settings: LogsSettings): QuadletRun {
  const own = "10001:10001";
  return {
    name: "loki",
    description: "Keeps what every node says",
    image: logsImage(settings),
    memory,
    owner: own,
    container: {
      user: own,
      entrypoint: "/usr/bin/loki",
      exec: ["-config.file=/etc/loki/loki.yaml"],
      mounts: [{ source: logsDirectory(settings), target: "/loki" }],
      environment: { GOMEMLIMIT: "200MiB" },
      noNewPrivileges: true,
      dropCapabilities: ["all"],
      stopTimeout: 60,
    },
    files: [{ name: "loki.yaml", content: lokiConfig(settings), at: "/etc/loki/loki.yaml" }],
    health: { http: `http://127.0.0.1:${logsPort(settings)}/ready` },
    // It reads its write-ahead log, and is ready fifteen seconds later.
    startSeconds: 180,
  };
}

export const logsRun = (settings: LogsSettings): QuadletRun =>
  ({ loki: lokiRun, victorialogs: victoriaLogsRun })[settings.engine](settings);
