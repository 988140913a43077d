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
