import type { Page } from "../queries";

export const postgres: Page = {
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
