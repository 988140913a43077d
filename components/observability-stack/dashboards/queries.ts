/**
 * What the dashboards show, known here once: Grafana's pages, the lab's page and the tests are made of it. `$step` is the width
 * of a rate, which whoever draws puts in.
 */
export interface Query {
  readonly title: string;
  /** PromQL. */
  readonly expr: string;
  /** With `{{label}}`. */
  readonly legend: string;
  /** As Grafana names it. @see https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit */
  readonly unit: "none" | "percentunit" | "bytes" | "Bps" | "ops" | "s" | "bool" | "short";
  /** A house in which all is well, or which has not switched it on, has none of it. @default false */
  readonly mayBeEmpty?: boolean;
}

export interface Page {
  /** Part of its address, which stays. */
  readonly uid: string;
  readonly title: string;
  readonly rows: Readonly<Record<string, readonly Query[]>>;
}

const disks = 'fstype=~"ext4|xfs|btrfs|zfs"';

const house: Page = {
  uid: "homelab-house",
  title: "The house",
  rows: {
    Nodes: [
      {
        title: "Answers (1), does not (0)",
        expr: 'up{job="node"}',
        legend: "{{node}}",
        unit: "none",
      },
      {
        title: "Should be on: off on purpose is not in it",
        expr: "homelab:node_expected",
        legend: "{{node}}",
        unit: "none",
      },
      {
        title: "Processors",
        expr: '1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[$step]))',
        legend: "{{node}}",
        unit: "percentunit",
      },
      {
        title: "Memory",
        expr: "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
        legend: "{{node}}",
        unit: "percentunit",
      },
      {
        title: "Waiting for memory",
        expr: "rate(node_pressure_memory_waiting_seconds_total[$step])",
        legend: "{{node}}",
        unit: "percentunit",
        mayBeEmpty: true,
      },
      {
        title: "Network",
        expr: 'sum by (node) (rate(node_network_receive_bytes_total{device!="lo"}[$step]))',
        legend: "{{node}}",
        unit: "Bps",
      },
    ],
    "What is wrong": [
      {
        title: "Alerts",
        expr: 'ALERTS{alertstate="firing", alertname!="Watchdog"}',
        legend: "{{alertname}} {{node}} {{name}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Units that failed",
        expr: 'node_systemd_unit_state{state="failed"} == 1',
        legend: "{{node}} {{name}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Programs that do not answer",
        expr: "up == 0",
        legend: "{{job}} {{node}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Lines that have not arrived",
        expr: "homelab_logs_behind_seconds",
        legend: "{{node}}",
        unit: "s",
        mayBeEmpty: true,
      },
    ],
  },
};

const postgres: Page = {
  uid: "homelab-postgres",
  title: "PostgreSQL",
  rows: {
    Work: [
      {
        title: "Connections",
        expr: "sum by (node, datname) (pg_stat_activity_count)",
        legend: "{{node}} {{datname}}",
        unit: "none",
      },
      {
        title: "Connections taken",
        expr: "sum by (node) (pg_stat_activity_count) / on (node) max by (node) (pg_settings_max_connections)",
        legend: "{{node}}",
        unit: "percentunit",
      },
      {
        title: "Transactions",
        expr: "sum by (datname) (rate(pg_stat_database_xact_commit[$step]))",
        legend: "{{datname}}",
        unit: "ops",
      },
      {
        title: "Rolled back",
        expr: "sum by (datname) (rate(pg_stat_database_xact_rollback[$step]))",
        legend: "{{datname}}",
        unit: "ops",
      },
      {
        title: "Found in memory",
        expr: "sum by (datname) (rate(pg_stat_database_blks_hit[$step])) / sum by (datname) (rate(pg_stat_database_blks_hit[$step]) + rate(pg_stat_database_blks_read[$step]) > 0)",
        legend: "{{datname}}",
        unit: "percentunit",
        mayBeEmpty: true,
      },
      {
        title: "Longest transaction",
        expr: 'max by (node, datname) (pg_stat_activity_max_tx_duration{state!="idle"})',
        legend: "{{node}} {{datname}}",
        unit: "s",
      },
      {
        title: "Locks",
        expr: "sum by (node, mode) (pg_locks_count)",
        legend: "{{node}} {{mode}}",
        unit: "none",
      },
    ],
    "What it keeps": [
      { title: "Size", expr: "pg_database_size_bytes", legend: "{{node}} {{datname}}", unit: "bytes" },
      {
        title: "WAL kept for a slot",
        expr: "pg_replication_slots_pg_wal_lsn_diff",
        legend: "{{node}} {{slot_name}}",
        unit: "bytes",
        mayBeEmpty: true,
      },
      {
        title: "Standby behind",
        expr: "pg_replication_lag_seconds and pg_replication_is_replica == 1",
        legend: "{{node}}",
        unit: "s",
        mayBeEmpty: true,
      },
      {
        title: "WAL on the disk",
        expr: "pg_wal_size_bytes",
        legend: "{{node}}",
        unit: "bytes",
        mayBeEmpty: true,
      },
    ],
  },
};

const storage: Page = {
  uid: "homelab-storage",
  title: "Storage and backups",
  rows: {
    Disks: [
      {
        title: "Used",
        expr: `max by (node, device) (1 - node_filesystem_avail_bytes{${disks}} / node_filesystem_size_bytes)`,
        legend: "{{node}} {{device}}",
        unit: "percentunit",
      },
      {
        title: "Written",
        expr: "sum by (node) (rate(node_disk_written_bytes_total[$step]))",
        legend: "{{node}}",
        unit: "Bps",
        mayBeEmpty: true,
      },
      {
        title: "Objects",
        expr: "minio_cluster_usage_object_total",
        legend: "{{node}}",
        unit: "short",
        mayBeEmpty: true,
      },
    ],
    "Object store": [
      {
        title: "Room left",
        expr: "minio_cluster_capacity_usable_free_bytes",
        legend: "{{node}}",
        unit: "bytes",
      },
      {
        title: "Well (1), not (0)",
        expr: "minio_cluster_health_status",
        legend: "{{node}}",
        unit: "none",
      },
    ],
    Backups: [
      {
        title: "Age of the last good one",
        expr: "time() - max by (node, job_kind) (last_over_time(homelab_job_last_success_timestamp_seconds[8d]) > 0)",
        legend: "{{node}} {{job_kind}}",
        unit: "s",
        mayBeEmpty: true,
      },
      {
        title: "Well (1), failed (0)",
        expr: "min by (node, job_kind) (homelab_job_success)",
        legend: "{{node}} {{job_kind}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "WAL is received",
        expr: "homelab_backup_wal_streaming",
        legend: "{{node}}",
        unit: "none",
      },
      {
        title: "Covered",
        expr: "homelab_backup_covered",
        legend: "{{node}} {{datname}}{{database}}{{path}}",
        unit: "none",
      },
    ],
  },
};

const jobs: Page = {
  uid: "homelab-jobs",
  title: "Jobs",
  rows: {
    Timers: [
      {
        title: "Since the last run",
        expr: "time() - (homelab_timer_last_trigger_timestamp_seconds > 0)",
        legend: "{{node}} {{name}}",
        unit: "s",
      },
      {
        title: "Gone",
        expr: "homelab_timer_active == 0",
        legend: "{{node}} {{name}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Running now",
        expr: 'node_systemd_unit_state{state="activating", type="oneshot"} == 1',
        legend: "{{node}} {{name}}",
        unit: "none",
        mayBeEmpty: true,
      },
    ],
    "Runs of Dagster, Prefect and others": [
      {
        title: "Since the last good one",
        expr: "time() - last_over_time(homelab_run_last_success_timestamp_seconds[8d])",
        legend: "{{system}} {{job_name}}",
        unit: "s",
        mayBeEmpty: true,
      },
      {
        title: "Running for",
        expr: "time() - homelab_run_started_timestamp_seconds",
        legend: "{{system}} {{job_name}}",
        unit: "s",
        mayBeEmpty: true,
      },
    ],
  },
};

const agents: Page = {
  uid: "homelab-agents",
  title: "Agents",
  rows: {
    Tasks: [
      {
        title: "Tasks that wait",
        expr: "homelab_agents_waiting",
        legend: "{{pool}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Tasks that agents have",
        expr: "homelab_agents_taken",
        legend: "{{pool}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "For how long an agent has its task",
        expr: "homelab_agent_task_seconds > 0",
        legend: "{{agent}}",
        unit: "s",
        mayBeEmpty: true,
      },
      {
        title: "Tasks given up within the hour",
        expr: "homelab_agent_failed > 0",
        legend: "{{agent}}",
        unit: "none",
        mayBeEmpty: true,
      },
    ],
    Models: [
      {
        title: "Used of what the gateway uses at most: tokens, requests, budget",
        expr: "homelab_inference_account_used / homelab_inference_account_limit",
        legend: "{{account}} {{of}}",
        unit: "percentunit",
        mayBeEmpty: true,
      },
      {
        title: "Tokens",
        expr: "sum by (client, at) (rate(homelab_inference_tokens_total[$step]))",
        legend: "{{client}} {{at}}",
        unit: "short",
        mayBeEmpty: true,
      },
      {
        title: "Answers",
        expr: "sum by (model, at, status) (rate(homelab_inference_answers_total[$step]))",
        legend: "{{model}} {{at}} {{status}}",
        unit: "ops",
        mayBeEmpty: true,
      },
      {
        title: "Refused",
        expr: "sum by (model, why) (rate(homelab_inference_refused_total[$step]))",
        legend: "{{model}} {{why}}",
        unit: "ops",
        mayBeEmpty: true,
      },
      {
        title: "Servers of the house that can be asked (1)",
        expr: 'haproxy_server_status{proxy=~"house-.*", state="UP"}',
        legend: "{{server}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Dollars",
        expr: "sum by (client, at) (increase(homelab_inference_spent_dollars_total[1h]))",
        legend: "{{client}} {{at}}",
        unit: "none",
        mayBeEmpty: true,
      },
    ],
    Units: [
      {
        title: "Started again",
        expr: "increase(node_systemd_service_restart_total[1h]) > 0",
        legend: "{{node}} {{name}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Programs that are measured",
        expr: 'up{job!="node"}',
        legend: "{{job}} {{node}}",
        unit: "none",
      },
      {
        title: "How long an answer to Prometheus takes",
        expr: 'scrape_duration_seconds{job!="node"}',
        legend: "{{job}} {{node}}",
        unit: "s",
      },
    ],
    Pods: [
      {
        title: "Memory",
        expr: 'sum by (namespace, pod) (container_memory_working_set_bytes{container!="", container!="POD"})',
        legend: "{{namespace}}/{{pod}}",
        unit: "bytes",
        mayBeEmpty: true,
      },
      {
        title: "Processors",
        expr: 'sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container!="", container!="POD"}[$step]))',
        legend: "{{namespace}}/{{pod}}",
        unit: "short",
        mayBeEmpty: true,
      },
    ],
    Messages: [
      {
        title: "Messages",
        expr: "sum by (node, way) (rate(homelab_nats_messages_total[$step]))",
        legend: "{{node}} {{way}}",
        unit: "ops",
        mayBeEmpty: true,
      },
      {
        title: "Kept in streams",
        expr: "homelab_nats_stream_messages",
        legend: "{{node}} {{stream}}",
        unit: "short",
        mayBeEmpty: true,
      },
      {
        title: "Waiting to be read",
        expr: "homelab_nats_consumer_waiting",
        legend: "{{stream}} {{consumer}}",
        unit: "short",
        mayBeEmpty: true,
      },
      {
        title: "Room for streams taken",
        expr: "homelab_nats_store_bytes / homelab_nats_store_limit_bytes",
        legend: "{{node}}",
        unit: "percentunit",
        mayBeEmpty: true,
      },
    ],
  },
};

export const pages: readonly Page[] = [house, postgres, storage, jobs, agents];

/** A query as it is asked. @param step the width of a rate, such as `1m` */
export const filled = ({ expr }: Query, step: string): string => expr.replaceAll("$step", step);

/** One chain of requests, by the id that is put in for `$correlation_id`: in the logs of each engine, and in PostgreSQL. */
export const chain = {
  uid: "homelab-chain",
  title: "A chain of requests",
  logs: {
    loki: '{node=~".+"} | correlation_id=`$correlation_id`',
    victorialogs: 'CORRELATION_ID:="$correlation_id" | sort by (_time)',
  },
  postgres:
    "select at, source, what, took, status from observability.chain where correlation_id = ${correlation_id:sqlstring} order by at",
} as const;
