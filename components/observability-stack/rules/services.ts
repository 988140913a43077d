import type { RuleGroup } from "../rule";

const at = '{job="postgres", node="storage"}';

/** PostgreSQL as its exporter shows it; also a standby. */
export const postgres: RuleGroup = {
  name: "homelab-postgres",
  rules: [
    {
      alert: "PostgresDown",
      expr: "max_over_time(pg_up[30s]) == 0",
      for: "1m",
      severity: "critical",
      summary: "PostgreSQL on {{ $labels.node }} does not answer.",
      fires: {
        "a server that is gone": {
          series: { [`pg_up${at}`]: "1x4 0x40" },
          step: "15s",
          at: "5m",
          alerts: [
            { labels: { job: "postgres", node: "storage" }, says: "PostgreSQL on storage does not answer." },
          ],
        },
      },
      silent: { "a restart": { series: { [`pg_up${at}`]: "1x4 0x3 1x40" }, step: "15s", at: "3m" } },
    },
    {
      alert: "PostgresConnections",
      expr: "sum by (node) (pg_stat_activity_count) / on (node) max by (node) (pg_settings_max_connections) > 0.9",
      for: "1m",
      severity: "critical",
      summary:
        "{{ $value | humanizePercentage }} of the connections to PostgreSQL on {{ $labels.node }} are taken.",
      fires: {
        "95 of 100 connections": {
          series: {
            [`pg_stat_activity_count${at}`]: "95x10",
            [`pg_settings_max_connections${at}`]: "100x10",
          },
          at: "5m",
          alerts: [
            {
              labels: { node: "storage" },
              says: "95% of the connections to PostgreSQL on storage are taken.",
            },
          ],
        },
      },
      silent: {
        "60 of 100": {
          series: {
            [`pg_stat_activity_count${at}`]: "60x10",
            [`pg_settings_max_connections${at}`]: "100x10",
          },
          at: "5m",
        },
      },
    },
    {
      alert: "PostgresTransactionOpen",
      // A transaction that stays open keeps dead rows everywhere, and its locks.
      expr: 'max by (node, datname) (pg_stat_activity_max_tx_duration{state=~"active|idle in transaction.*", usename!="homelab_replication"}) > 4 * 3600',
      for: "5m",
      severity: "warning",
      summary:
        "A transaction in {{ $labels.datname }} on {{ $labels.node }} has been open for {{ $value | humanizeDuration }}.",
      fires: {
        "a transaction of five hours": {
          series: {
            'pg_stat_activity_max_tx_duration{node="storage", datname="mlflow", state="idle in transaction"}':
              "18000x20",
          },
          at: "10m",
          alerts: [
            {
              labels: { node: "storage", datname: "mlflow" },
              says: "A transaction in mlflow on storage has been open for 5h 0m 0s.",
            },
          ],
        },
      },
      silent: {
        "a query of an hour, and a session that waits": {
          series: {
            'pg_stat_activity_max_tx_duration{node="storage", datname="mlflow", state="active"}': "3600x20",
            'pg_stat_activity_max_tx_duration{node="storage", datname="mlflow", state="idle"}': "90000x20",
          },
          at: "10m",
        },
      },
    },
    {
      alert: "PostgresWraparound",
      expr: "max by (node, datname) (pg_database_wraparound_age_datfrozenxid_seconds) > 1.2e9",
      for: "10m",
      severity: "critical",
      summary:
        "{{ $labels.datname }} on {{ $labels.node }} is {{ $value | humanize }} transactions old: PostgreSQL stops writing at 2.1G.",
      fires: {
        "a database that vacuum has not frozen": {
          series: {
            'pg_database_wraparound_age_datfrozenxid_seconds{node="storage", datname="mlflow"}': "1.5e9x20",
          },
          at: "15m",
          alerts: [
            {
              labels: { node: "storage", datname: "mlflow" },
              says: "mlflow on storage is 1.5G transactions old: PostgreSQL stops writing at 2.1G.",
            },
          ],
        },
      },
      silent: {
        "a database that autovacuum freezes": {
          series: {
            'pg_database_wraparound_age_datfrozenxid_seconds{node="storage", datname="mlflow"}': "2e8x20",
          },
          at: "15m",
        },
      },
    },
    {
      alert: "PostgresSlotLags",
      expr: "pg_replication_slots_pg_wal_lsn_diff > 8 * 1024 ^ 3 or pg_replication_slots_active == 0",
      for: "1h",
      severity: "warning",
      summary:
        "The replication slot {{ $labels.slot_name }} on {{ $labels.node }} is not read: PostgreSQL keeps WAL for it.",
      fires: {
        "a standby that has been away for two hours": {
          series: { 'pg_replication_slots_active{node="storage", slot_name="desktop"}': "0x150" },
          at: "2h",
          alerts: [
            {
              labels: { node: "storage", slot_name: "desktop" },
              says: "The replication slot desktop on storage is not read: PostgreSQL keeps WAL for it.",
            },
          ],
        },
      },
      silent: {
        "a standby that is restarted": {
          series: { 'pg_replication_slots_active{node="storage", slot_name="desktop"}': "0x20 1x130" },
          at: "2h",
        },
      },
    },
    {
      alert: "PostgresStandbyLags",
      expr: "pg_replication_lag_seconds > 600 and pg_replication_is_replica == 1",
      for: "10m",
      severity: "warning",
      summary: "The standby on {{ $labels.node }} is {{ $value | humanizeDuration }} behind.",
      fires: {
        "a standby that replays nothing": {
          series: {
            'pg_replication_lag_seconds{node="desktop"}': "0+60x60",
            'pg_replication_is_replica{node="desktop"}': "1x60",
          },
          at: "30m",
          alerts: [{ labels: { node: "desktop" }, says: "The standby on desktop is 30m 0s behind." }],
        },
      },
      silent: {
        "a primary on which nothing is written": {
          series: {
            'pg_replication_lag_seconds{node="storage"}': "0+60x60",
            'pg_replication_is_replica{node="storage"}': "0x60",
          },
          at: "30m",
        },
      },
    },
  ],
};

export const minio: RuleGroup = {
  name: "homelab-minio",
  rules: [
    {
      alert: "ObjectStoreUnhealthy",
      expr: "minio_cluster_health_status == 0 or minio_cluster_drive_offline_total > 0",
      for: "2m",
      severity: "critical",
      summary: "MinIO on {{ $labels.node }} cannot read or write its disk.",
      fires: {
        "a drive that is offline": {
          series: { 'minio_cluster_drive_offline_total{node="storage"}': "0x3 1x10" },
          at: "8m",
          alerts: [{ labels: { node: "storage" }, says: "MinIO on storage cannot read or write its disk." }],
        },
      },
      silent: {
        "a store that is well": {
          series: {
            'minio_cluster_drive_offline_total{node="storage"}': "0x13",
            'minio_cluster_health_status{node="storage"}': "1x13",
          },
          at: "8m",
        },
      },
    },
  ],
};

/** SeaweedFS, where desktop keeps a second copy of each object. */
export const seaweedfs: RuleGroup = {
  name: "homelab-seaweedfs",
  rules: [
    {
      alert: "ObjectsKeptOnce",
      // SeaweedFS copies by itself what is there once: a volume of a gigabyte in minutes, a disk in hours.
      expr: "sum by (node) (SeaweedFS_master_replica_placement_mismatch) > 0",
      for: "2h",
      severity: "warning",
      summary:
        "{{ $value }} of SeaweedFS' volumes should be on two nodes and have been on one only for two hours.",
      fires: {
        "the other node's disk, lost in the afternoon": {
          series: {
            'SeaweedFS_master_replica_placement_mismatch{node="storage", id="1"}': "0x2 1x40",
            'SeaweedFS_master_replica_placement_mismatch{node="storage", id="2"}': "0x2 1x40",
            'SeaweedFS_master_replica_placement_mismatch{node="storage", id="3"}': "0x42",
          },
          step: "4m",
          at: "2h30m",
          alerts: [
            {
              labels: { node: "storage" },
              says: "2 of SeaweedFS' volumes should be on two nodes and have been on one only for two hours.",
            },
          ],
        },
      },
      silent: {
        "copies that are made after desktop was away": {
          series: {
            'SeaweedFS_master_replica_placement_mismatch{node="storage", id="1"}': "1x20 0x20",
            'SeaweedFS_master_replica_placement_mismatch{node="storage", id="2"}': "1x25 0x15",
          },
          step: "4m",
          at: "2h30m",
        },
      },
    },
  ],
};

/** NATS, of whose own figures scripts/node.sh makes metrics. */
export const nats: RuleGroup = {
  name: "homelab-nats",
  rules: [
    {
      alert: "StreamsFull",
      expr: "homelab_nats_store_bytes / homelab_nats_store_limit_bytes > 0.85",
      for: "5m",
      severity: "critical",
      summary:
        "JetStream on {{ $labels.node }} has {{ $value | humanizePercentage }} of its room taken: soon nothing more is accepted.",
      fires: {
        "nine tenths of the room": {
          series: {
            'homelab_nats_store_bytes{node="desktop"}': "9e9x20",
            'homelab_nats_store_limit_bytes{node="desktop"}': "10e9x20",
          },
          at: "10m",
          alerts: [
            {
              labels: { node: "desktop" },
              says: "JetStream on desktop has 90% of its room taken: soon nothing more is accepted.",
            },
          ],
        },
      },
      silent: {
        "half of it": {
          series: {
            'homelab_nats_store_bytes{node="desktop"}': "5e9x20",
            'homelab_nats_store_limit_bytes{node="desktop"}': "10e9x20",
          },
          at: "10m",
        },
      },
    },
    {
      alert: "NatsSilent",
      expr: "max_over_time(homelab_nats_up[1m]) == 0",
      for: "2m",
      severity: "critical",
      summary: "NATS on {{ $labels.node }} does not answer: agents get no messages.",
      fires: {
        "a server that does not answer": {
          series: { 'homelab_nats_up{node="desktop"}': "1x4 0x10" },
          at: "9m",
          alerts: [
            {
              labels: { node: "desktop" },
              says: "NATS on desktop does not answer: agents get no messages.",
            },
          ],
        },
      },
      silent: {
        "a restart": { series: { 'homelab_nats_up{node="desktop"}': "1x8 0x4 1x40" }, step: "15s", at: "4m" },
      },
    },
  ],
};

/** The series of a container that was started so often: each start is another container, with an id of its own. */
const starts = (values: readonly string[]) =>
  Object.fromEntries(
    values.map((value, i) => [
      `container_start_time_seconds{node="compute", namespace="dagster", pod="web-1", container="web", id="${i}"}`,
      value,
    ]),
  );
const endsAgain = [
  {
    labels: { node: "compute", namespace: "dagster", pod: "web-1", container: "web" },
    says: "web of dagster/web-1 on compute ends again and again.",
  },
];

/** Pods, as the kubelet's cAdvisor shows them. */
export const cluster: RuleGroup = {
  name: "homelab-cluster",
  rules: [
    {
      alert: "PodCrashLoops",
      // Half an hour, for the kubelet soon leaves it alone for five minutes each time. Counted are containers, however
      // short the time in which they could be seen.
      expr: 'count by (node, namespace, pod, container) (count_over_time(container_start_time_seconds{container!="", container!="POD"}[30m])) > 4',
      for: "1m",
      severity: "critical",
      summary:
        "{{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} on {{ $labels.node }} ends again and again.",
      fires: {
        "a container that ends every two minutes": {
          series: starts(["1x1", "_x2 2x1", "_x4 3x1", "_x6 4x1", "_x8 5x1"]),
          at: "12m",
          alerts: endsAgain,
        },
        "one that the kubelet by now leaves alone for five minutes each time": {
          series: starts(Array.from({ length: 9 }, (_, i) => (i === 0 ? "1" : `_x${5 * i - 1} 1`))),
          at: "44m",
          alerts: endsAgain,
        },
      },
      silent: {
        "a container that was started again three times": {
          series: starts(["1x1", "_x2 2x1", "_x4 3x1", "_x6 4x20"]),
          at: "15m",
        },
        "many pods of one Deployment": {
          series: Object.fromEntries(
            Array.from({ length: 8 }, (_, i) => [
              `container_start_time_seconds{node="compute", namespace="dagster", pod="web-${i}", container="web", id="${i}"}`,
              "1x20",
            ]),
          ),
          at: "15m",
        },
      },
    },
    {
      alert: "KubeletSilent",
      expr: 'max by (node) (max_over_time(up{job="kubelet"}[5m])) == 0 and on (node) homelab:node_expected == 1',
      for: "5m",
      severity: "warning",
      summary: "The kubelet of {{ $labels.node }} does not say how its pods are.",
      fires: {
        "a kubelet that is stopped": {
          series: {
            'up{job="kubelet", node="desktop", lifecycle="always-on"}': "1x4 0x20",
            'up{job="node", node="desktop", lifecycle="always-on"}': "1x24",
          },
          at: "20m",
          alerts: [
            { labels: { node: "desktop" }, says: "The kubelet of desktop does not say how its pods are." },
          ],
        },
      },
      silent: {
        "a node that is off on purpose": {
          series: {
            'up{job="kubelet", node="compute", lifecycle="on-demand"}': "1x4 0x20",
            'up{job="node", node="compute", lifecycle="on-demand"}': "1x4 0x20",
          },
          at: "20m",
        },
      },
    },
  ],
};
