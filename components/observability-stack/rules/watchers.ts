import type { RuleGroup } from "../rule";

/** Who watches the watchers; `MonitoringDead` is said by a script, when no `Watchdog` comes (scripts/watchdog.sh). */
export const watchers: RuleGroup = {
  name: "homelab-watchers",
  rules: [
    {
      alert: "Watchdog",
      expr: "vector(1)",
      severity: "none",
      summary: "Alerts arrive.",
      fires: { always: { series: {}, at: "1m", alerts: [{ labels: {}, says: "Alerts arrive." }] } },
      silent: {},
    },
    {
      alert: "AlertNotDelivered",
      expr: "increase(alertmanager_notifications_failed_total[10m]) > 0",
      for: "1m",
      keepFiringFor: "10m",
      severity: "critical",
      summary:
        "Alertmanager on {{ $labels.node }} could not deliver by {{ $labels.integration }}: {{ $labels.reason }}.",
      fires: {
        "a receiver that refuses": {
          series: {
            'alertmanager_notifications_failed_total{node="storage", integration="webhook", reason="serverError"}':
              "0x3 1 2 3x10",
          },
          at: "8m",
          alerts: [
            {
              labels: { node: "storage", integration: "webhook", reason: "serverError" },
              says: "Alertmanager on storage could not deliver by webhook: serverError.",
            },
          ],
        },
      },
      silent: {
        "a failure of long ago": {
          series: {
            'alertmanager_notifications_failed_total{node="storage", integration="webhook", reason="serverError"}':
              "1x20",
          },
          at: "15m",
        },
      },
    },
    {
      alert: "ConfigurationRefused",
      expr: "prometheus_config_last_reload_successful == 0 or alertmanager_config_last_reload_successful == 0",
      for: "1m",
      severity: "critical",
      summary:
        "{{ $labels.job }} on {{ $labels.node }} works with a former configuration: it refused the present one.",
      fires: {
        "a configuration that was refused": {
          series: { 'prometheus_config_last_reload_successful{job="prometheus", node="storage"}': "0x10" },
          at: "5m",
          alerts: [
            {
              labels: { job: "prometheus", node: "storage" },
              says: "prometheus on storage works with a former configuration: it refused the present one.",
            },
          ],
        },
      },
      silent: {
        "a configuration that was taken": {
          series: { 'prometheus_config_last_reload_successful{job="prometheus", node="storage"}': "1x10" },
          at: "5m",
        },
      },
    },
    {
      alert: "RuleFails",
      expr: "increase(prometheus_rule_evaluation_failures_total[10m]) > 0",
      for: "1m",
      severity: "critical",
      summary: "A rule of {{ $labels.rule_group }} cannot be worked out: its alerts do not come.",
      fires: {
        "a rule that fails": {
          series: { 'prometheus_rule_evaluation_failures_total{node="storage", rule_group="x"}': "0+1x10" },
          at: "8m",
          alerts: [
            {
              labels: { node: "storage", rule_group: "x" },
              says: "A rule of x cannot be worked out: its alerts do not come.",
            },
          ],
        },
      },
      silent: {
        "rules that are well": {
          series: { 'prometheus_rule_evaluation_failures_total{node="storage", rule_group="x"}': "0x10" },
          at: "8m",
        },
      },
    },
    {
      alert: "MetricsFileOld",
      // What a script no longer writes keeps its last value for ever.
      expr: 'time() - node_textfile_mtime_seconds{file=~".*/homelab_(node|health|backup_postgres).prom"} > 600',
      for: "2m",
      severity: "warning",
      summary:
        "{{ $labels.file }} on {{ $labels.node }} has not been written for {{ $value | humanizeDuration }}.",
      fires: {
        "a file that nobody writes": {
          series: {
            'node_textfile_mtime_seconds{node="storage", file="/var/lib/homelab/metrics/homelab_node.prom"}':
              "0x30",
          },
          at: "20m",
          alerts: [
            {
              labels: { node: "storage", file: "/var/lib/homelab/metrics/homelab_node.prom" },
              says: "/var/lib/homelab/metrics/homelab_node.prom on storage has not been written for 20m 0s.",
            },
          ],
        },
      },
      silent: {
        "a file that is written each minute, and the daily one of a job": {
          series: {
            'node_textfile_mtime_seconds{node="storage", file="/var/lib/homelab/metrics/homelab_node.prom"}':
              "0+60x30",
            'node_textfile_mtime_seconds{node="storage", file="/var/lib/homelab/metrics/homelab_job_postgres.prom"}':
              "0x30",
          },
          at: "20m",
        },
      },
    },
    {
      alert: "MetricsFileBroken",
      expr: "node_textfile_scrape_error == 1",
      for: "5m",
      severity: "warning",
      summary: "A file of metrics on {{ $labels.node }} cannot be read: what it says does not count.",
      fires: {
        "a file that is no file of metrics": {
          series: { 'node_textfile_scrape_error{node="storage"}': "1x10" },
          at: "8m",
          alerts: [
            {
              labels: { node: "storage" },
              says: "A file of metrics on storage cannot be read: what it says does not count.",
            },
          ],
        },
      },
      silent: {
        "files that are well": { series: { 'node_textfile_scrape_error{node="storage"}': "0x10" }, at: "8m" },
      },
    },
  ],
};

/** That what is said on a node arrives where logs are kept, whatever carries it there and keeps it. */
export const logs: RuleGroup = {
  name: "homelab-logs",
  rules: [
    {
      alert: "LogsNotArriving",
      expr: "homelab_logs_behind_seconds > 600",
      for: "5m",
      severity: "warning",
      summary:
        "What {{ $labels.node }} has logged for {{ $value | humanizeDuration }} has not arrived; it is still there.",
      fires: {
        "a node whose logs stay where they are": {
          series: { 'homelab_logs_behind_seconds{node="desktop"}': "0+60x40" },
          at: "20m",
          alerts: [
            {
              labels: { node: "desktop" },
              says: "What desktop has logged for 20m 0s has not arrived; it is still there.",
            },
          ],
        },
      },
      silent: {
        "an engine that was away for eight minutes": {
          series: { 'homelab_logs_behind_seconds{node="desktop"}': "0+60x8 0x30" },
          at: "20m",
        },
      },
    },
  ],
};
