import type { Case, RuleGroup } from "../observability-stack/rule";

const job = (metric: string, kind: string, node: string, values: string) => ({
  [`homelab_job_${metric}{node="${node}", job_kind="${kind}"}`]: values,
});
/** A job whose last run went well so long before the end of a week. */
const success = (kind: string, values: string): Pick<Case, "series" | "step"> => ({
  series: job("last_success_timestamp_seconds", kind, "storage", values),
  step: "4m",
});
const one = (metric: string, values: string, labels = "") => ({
  [`homelab_backup_${metric}{node="storage"${labels}}`]: values,
});

/**
 * Rules about the backups; what they speak of is written by lib.sh and postgres-watch.sh into files of metrics. That a job
 * hangs, or its timer is gone, the rules about units say.
 */
export const backups: RuleGroup = {
  name: "homelab-backup",
  rules: [
    {
      alert: "BackupFailed",
      expr: 'homelab_job_success{job_kind!~".*-drill|watch"} == 0',
      for: "15m",
      severity: "critical",
      summary: "The last {{ $labels.job_kind }} backup on {{ $labels.node }} failed.",
      fires: {
        "a backup that failed": {
          series: job("success", "postgres", "storage", "0x40"),
          at: "20m",
          alerts: [
            {
              labels: { node: "storage", job_kind: "postgres" },
              says: "The last postgres backup on storage failed.",
            },
          ],
        },
      },
      silent: {
        "a backup that went well at the second try": {
          series: job("success", "postgres", "storage", "0x10 1x30"),
          at: "20m",
        },
      },
    },
    {
      alert: "BackupRefused",
      expr: "homelab_job_refused == 1 or homelab_backup_foreign_cluster == 1",
      severity: "critical",
      summary:
        "A backup on {{ $labels.node }} waits for a decision: it would hold less than half, or is of another cluster.",
      fires: {
        "a cluster that is not the one of the history": {
          series: one("foreign_cluster", "1x10"),
          at: "2m",
          alerts: [
            {
              labels: { node: "storage" },
              says: "A backup on storage waits for a decision: it would hold less than half, or is of another cluster.",
            },
          ],
        },
      },
      silent: { "the same cluster": { series: one("foreign_cluster", "0x10"), at: "2m" } },
    },
    {
      alert: "BackupOverdue",
      // Also of a node that is off: its last word counts for eight days.
      expr: 'time() - last_over_time(homelab_job_last_success_timestamp_seconds{job_kind=~"postgres|buckets|cluster|files|off-node|keep"}[8d]) > 36 * 3600',
      severity: "critical",
      summary: "No {{ $labels.job_kind }} backup on {{ $labels.node }} for more than 36 hours.",
      fires: {
        "buckets that were last copied two days ago": {
          ...success("buckets", "0x750"),
          at: "48h",
          alerts: [
            {
              labels: { node: "storage", job_kind: "buckets" },
              says: "No buckets backup on storage for more than 36 hours.",
            },
          ],
        },
        "a job that never went well": {
          ...success("files", "0x750"),
          at: "37h",
          alerts: [
            {
              labels: { node: "storage", job_kind: "files" },
              says: "No files backup on storage for more than 36 hours.",
            },
          ],
        },
      },
      silent: {
        "buckets that were last copied yesterday": { ...success("buckets", "0x400 96000x350"), at: "48h" },
      },
    },
    {
      alert: "BackupCopyBehind",
      expr: 'time() - homelab_job_last_success_timestamp_seconds{job_kind="off-node-wal"} > 2 * 3600',
      severity: "critical",
      summary: "What PostgreSQL writes has not been copied off {{ $labels.node }} for more than two hours.",
      fires: {
        "a copy of three hours ago": {
          ...success("off-node-wal", "0x100"),
          at: "3h",
          alerts: [
            {
              labels: { node: "storage", job_kind: "off-node-wal" },
              says: "What PostgreSQL writes has not been copied off storage for more than two hours.",
            },
          ],
        },
      },
      silent: { "a copy of an hour ago": { ...success("off-node-wal", "0x100"), at: "1h" } },
    },
    {
      alert: "BackupWalNotStreaming",
      expr: 'homelab_backup_wal_streaming == 0 or time() - homelab_job_last_success_timestamp_seconds{job_kind="watch"} > 600',
      for: "5m",
      severity: "critical",
      summary: "PostgreSQL's WAL does not arrive in the backup on {{ $labels.node }}.",
      fires: {
        "a receiver that receives nothing": {
          series: one("wal_streaming", "1x3 0x20"),
          at: "10m",
          alerts: [
            {
              labels: { node: "storage" },
              says: "PostgreSQL's WAL does not arrive in the backup on storage.",
            },
          ],
        },
      },
      silent: {
        "a receiver that is started again": { series: one("wal_streaming", "1x3 0x2 1x20"), at: "10m" },
      },
    },
    {
      alert: "BackupWalGap",
      expr: "homelab_backup_wal_gap == 1",
      for: "15m",
      severity: "critical",
      summary:
        "PostgreSQL's WAL in the backup on {{ $labels.node }} has a gap, and no base backup was made since: what was written after it cannot be restored.",
      fires: {
        "a gap after which no base backup was made": {
          series: one("wal_gap", "1x40"),
          at: "20m",
          alerts: [
            {
              labels: { node: "storage" },
              says: "PostgreSQL's WAL in the backup on storage has a gap, and no base backup was made since: what was written after it cannot be restored.",
            },
          ],
        },
      },
      silent: { "a gap that is closed": { series: one("wal_gap", "1x10 0x30"), at: "20m" } },
    },
    {
      alert: "BackupWalBeganAnew",
      expr: "time() - homelab_backup_wal_began_anew_timestamp_seconds < 7 * 86400 and homelab_backup_wal_began_anew_timestamp_seconds > 0",
      severity: "warning",
      summary:
        "PostgreSQL's WAL in the backup on {{ $labels.node }} has a gap: moments in it cannot be restored.",
      fires: {
        "WAL that began anew an hour ago": {
          series: one("wal_began_anew_timestamp_seconds", "60x100"),
          at: "1h",
          alerts: [
            {
              labels: { node: "storage" },
              says: "PostgreSQL's WAL in the backup on storage has a gap: moments in it cannot be restored.",
            },
          ],
        },
      },
      silent: {
        "WAL that never did": { series: one("wal_began_anew_timestamp_seconds", "0x100"), at: "1h" },
      },
    },
    {
      alert: "BackupNotCovered",
      expr: "homelab_backup_covered == 0",
      for: "26h",
      severity: "warning",
      summary: "The {{ $labels.kind }} {{ $labels.name }} is in no backup.",
      fires: {
        "a database that was made two days ago": {
          series: one("covered", "0x500", ', kind="database", name="shop"'),
          step: "4m",
          at: "30h",
          alerts: [
            {
              labels: { node: "storage", kind: "database", name: "shop" },
              says: "The database shop is in no backup.",
            },
          ],
        },
      },
      silent: {
        "a database that was made today": {
          series: one("covered", "0x500", ', kind="database", name="shop"'),
          step: "4m",
          at: "20h",
        },
      },
    },
    {
      alert: "BackupDatabaseFailed",
      expr: "homelab_backup_database_failed == 1 or homelab_backup_base_failed == 1",
      severity: "critical",
      summary:
        "The last backup on {{ $labels.node }} has no whole {{ if $labels.name }}dump of the database {{ $labels.name }}{{ else }}base backup{{ end }}; the rest of it was made.",
      fires: {
        "a database that cannot be dumped": {
          series: one("database_failed", "1x10", ', name="shop"'),
          at: "2m",
          alerts: [
            {
              labels: { node: "storage", name: "shop" },
              says: "The last backup on storage has no whole dump of the database shop; the rest of it was made.",
            },
          ],
        },
        "no base backup": {
          series: one("base_failed", "1x10"),
          at: "2m",
          alerts: [
            {
              labels: { node: "storage" },
              says: "The last backup on storage has no whole base backup; the rest of it was made.",
            },
          ],
        },
      },
      silent: { "a whole backup": { series: one("base_failed", "0x10"), at: "2m" } },
    },
    {
      alert: "BackupTablespace",
      expr: "homelab_backup_tablespaces > 0",
      severity: "critical",
      summary:
        "PostgreSQL on {{ $labels.node }} has a tablespace: no base backup can hold it, so none is made. Move what is in it into the default one, and drop it.",
      fires: {
        "a tablespace": {
          series: one("tablespaces", "1x10"),
          at: "2m",
          alerts: [
            {
              labels: { node: "storage" },
              says: "PostgreSQL on storage has a tablespace: no base backup can hold it, so none is made. Move what is in it into the default one, and drop it.",
            },
          ],
        },
      },
      silent: { none: { series: one("tablespaces", "0x10"), at: "2m" } },
    },
    {
      alert: "BackupClockDoubtful",
      expr: "homelab_backup_clock_trusted == 0",
      for: "1h",
      severity: "warning",
      summary:
        "The clock of {{ $labels.node }} cannot be trusted: no old backup is taken away, and the disk fills.",
      fires: {
        "a clock that is not kept for two hours": {
          series: one("clock_trusted", "0x150"),
          at: "2h",
          alerts: [
            {
              labels: { node: "storage" },
              says: "The clock of storage cannot be trusted: no old backup is taken away, and the disk fills.",
            },
          ],
        },
      },
      silent: { "a clock after a boot": { series: one("clock_trusted", "0x10 1x140"), at: "2h" } },
    },
    {
      alert: "BackupIncomplete",
      expr: "homelab_backup_files_incomplete == 1",
      severity: "warning",
      summary: "Some files of {{ $labels.node }} could not be read for the backup.",
      fires: {
        "files that could not be read": {
          series: { 'homelab_backup_files_incomplete{node="desktop", exported_node="desktop"}': "1x10" },
          at: "2m",
          alerts: [
            {
              labels: { node: "desktop", exported_node: "desktop" },
              says: "Some files of desktop could not be read for the backup.",
            },
          ],
        },
      },
      silent: {
        "all files": {
          series: { 'homelab_backup_files_incomplete{node="desktop", exported_node="desktop"}': "0x10" },
          at: "2m",
        },
      },
    },
    {
      alert: "RestoreDrillFailed",
      expr: 'homelab_job_success{job_kind="postgres-drill"} == 0',
      severity: "critical",
      summary: "The restore drill on {{ $labels.node }} failed: the backups cannot be trusted.",
      fires: {
        "a drill that failed": {
          series: job("success", "postgres-drill", "storage", "0x10"),
          at: "2m",
          alerts: [
            {
              labels: { node: "storage", job_kind: "postgres-drill" },
              says: "The restore drill on storage failed: the backups cannot be trusted.",
            },
          ],
        },
      },
      silent: {
        "a drill that went well": { series: job("success", "postgres-drill", "storage", "1x10"), at: "2m" },
      },
    },
    {
      alert: "RestoreDrillOverdue",
      expr: 'time() - homelab_job_last_success_timestamp_seconds{job_kind="postgres-drill"} > 9 * 86400',
      severity: "warning",
      summary: "No backup on {{ $labels.node }} was restored for more than 9 days.",
      fires: {
        "a drill of ten days ago": {
          // As if the clock had begun nine days after it.
          ...success("postgres-drill", "-777000x400"),
          at: "24h",
          alerts: [
            {
              labels: { node: "storage", job_kind: "postgres-drill" },
              says: "No backup on storage was restored for more than 9 days.",
            },
          ],
        },
      },
      silent: { "a drill of yesterday": { ...success("postgres-drill", "0x400"), at: "24h" } },
    },
  ],
};
