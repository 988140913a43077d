import type { RuleGroup } from "../rule";

const up = 'up{job="node", node="storage", lifecycle="always-on"}';

/** What systemd runs, on every node: backups, drills, agents, a person's own timers. */
export const units: RuleGroup = {
  name: "homelab-units",
  // An agent's failure is told within a minute: 15 s until it is scraped, 15 s that it stays so, and Alertmanager's wait.
  interval: "5s",
  rules: [
    {
      alert: "UnitFailed",
      expr: 'node_systemd_unit_state{state="failed", name!~"user@.*|run-.*|systemd-networkd-wait-online.service"} == 1',
      for: "15s",
      severity: "critical",
      summary: "{{ $labels.name }} on {{ $labels.node }} failed: journalctl -u {{ $labels.name }}",
      fires: {
        "an agent that fails at night": {
          series: {
            'node_systemd_unit_state{node="desktop", name="agent-mail.service", state="failed", type="oneshot"}':
              "0x4 1x20",
          },
          step: "15s",
          at: "1m30s",
          alerts: [
            {
              labels: { node: "desktop", name: "agent-mail.service", state: "failed", type: "oneshot" },
              says: "agent-mail.service on desktop failed: journalctl -u agent-mail.service",
            },
          ],
        },
      },
      silent: {
        "a unit that is stopped, and the unit of a person's session that failed": {
          series: {
            'node_systemd_unit_state{node="desktop", name="agent-mail.service", state="inactive"}': "1x20",
            'node_systemd_unit_state{node="desktop", name="agent-mail.service", state="failed"}': "0x20",
            'node_systemd_unit_state{node="desktop", name="user@1000.service", state="failed"}': "1x20",
          },
          step: "15s",
          at: "3m",
        },
      },
    },
    {
      alert: "UnitRestarts",
      // A service that is started again and again is never `failed` for long.
      expr: "increase(node_systemd_service_restart_total[15m]) > 5",
      keepFiringFor: "5m",
      severity: "critical",
      summary:
        "{{ $labels.name }} on {{ $labels.node }} was started again {{ $value | humanize }} times in 15 minutes.",
      fires: {
        "a service that ends every minute": {
          series: { 'node_systemd_service_restart_total{node="desktop", name="agent.service"}': "0+1x40" },
          at: "20m",
          alerts: [
            {
              labels: { node: "desktop", name: "agent.service" },
              says: "agent.service on desktop was started again 15 times in 15 minutes.",
            },
          ],
        },
      },
      silent: {
        "a service that was started again twice": {
          series: {
            'node_systemd_service_restart_total{node="desktop", name="agent.service"}': "0x5 1 2x30",
          },
          at: "20m",
        },
      },
    },
    {
      alert: "ServiceUnhealthy",
      // While a service is restarted nothing is said of it.
      expr: "max_over_time(homelab_service_healthy[90s]) == 0",
      for: "5m",
      severity: "critical",
      summary:
        "{{ $labels.name }} on {{ $labels.node }} runs and is not well, and what is done by itself does not help.",
      fires: {
        "a service that does not answer, restarted in vain": {
          series: { 'homelab_service_healthy{node="storage", name="minio.service"}': "1x5 0x3 _ 0x3 _ 0x10" },
          at: "14m",
          alerts: [
            {
              labels: { node: "storage", name: "minio.service" },
              says: "minio.service on storage runs and is not well, and what is done by itself does not help.",
            },
          ],
        },
      },
      silent: {
        "a service that a restart put right": {
          series: { 'homelab_service_healthy{node="storage", name="minio.service"}': "1x5 0x3 _ 1x20" },
          at: "14m",
        },
      },
    },
    {
      alert: "ServiceHung",
      expr: "homelab_service_restarts > 0",
      for: "1m",
      severity: "warning",
      summary:
        "{{ $labels.name }} on {{ $labels.node }} ran and did not answer, and was restarted: {{ $value }} times in six hours.",
      fires: {
        "a service that was restarted twice": {
          series: { 'homelab_service_restarts{node="desktop", name="nats.service"}': "0x5 2x10" },
          at: "8m",
          alerts: [
            {
              labels: { node: "desktop", name: "nats.service" },
              says: "nats.service on desktop ran and did not answer, and was restarted: 2 times in six hours.",
            },
          ],
        },
      },
      silent: {
        "services that are well": {
          series: { 'homelab_service_restarts{node="desktop", name="nats.service"}': "0x20" },
          at: "8m",
        },
      },
    },
    {
      alert: "JobStuck",
      // A oneshot service is `activating` for as long as it runs.
      expr: 'node_systemd_unit_state{state="activating", type="oneshot", name!~"homelab-backup-(off-node|drill|buckets|postgres|files|keep).service"} == 1',
      for: "1h",
      severity: "critical",
      summary: "{{ $labels.name }} on {{ $labels.node }} has run for more than an hour.",
      fires: {
        "a job that hangs": {
          series: {
            'node_systemd_unit_state{node="storage", name="invoices.service", state="activating", type="oneshot"}':
              "1x90",
          },
          at: "62m",
          alerts: [
            {
              labels: { node: "storage", name: "invoices.service", state: "activating", type: "oneshot" },
              says: "invoices.service on storage has run for more than an hour.",
            },
          ],
        },
      },
      silent: {
        "a job that runs for 50 minutes, a service that is meant to run, and a backup that may take hours": {
          series: {
            'node_systemd_unit_state{node="storage", name="invoices.service", state="activating", type="oneshot"}':
              "1x50 0x40",
            'node_systemd_unit_state{node="storage", name="postgres.service", state="active", type="notify"}':
              "1x90",
            'node_systemd_unit_state{node="storage", name="homelab-backup-off-node.service", state="activating", type="oneshot"}':
              "1x90",
          },
          at: "62m",
        },
      },
    },
    {
      alert: "TimerSilent",
      // By the moment that systemd keeps of a timer's last run, so that a machine that was off is not told of.
      expr: `time() - homelab_timer_last_trigger_timestamp_seconds > homelab_timer_interval_seconds * 2 + 600
and on (node) time() - node_boot_time_seconds > 900
and on (node, name) time() - homelab_timer_active_since_timestamp_seconds > homelab_timer_interval_seconds * 2 + 600`,
      for: "2m",
      severity: "critical",
      summary: "{{ $labels.name }} on {{ $labels.node }} should have run long ago.",
      fires: {
        "a daily timer that has not run for two days": {
          series: timer("0x1000", "0x1000", "0x1000"),
          step: "4m",
          at: "49h",
          alerts: [
            {
              labels: { node: "storage", name: "invoices.timer" },
              says: "invoices.timer on storage should have run long ago.",
            },
          ],
        },
      },
      silent: {
        "a daily timer that ran yesterday": {
          series: timer("0x1000", "0x1000", "0x1000"),
          step: "4m",
          at: "47h",
        },
        "a machine that was off for three days and has just been started": {
          series: timer("0x1100", `_x1078 258700x22`, `_x1078 258700x22`),
          step: "4m",
          at: "72h",
        },
        "a timer that is new": { series: timer("0x1000", "0x1000", "170000x1000"), step: "4m", at: "49h" },
      },
    },
    {
      alert: "TimerMissing",
      // One that is declared, and that somebody stopped, masked or deleted.
      expr: "homelab_timer_active == 0",
      for: "5m",
      severity: "critical",
      summary: "{{ $labels.name }} is declared for {{ $labels.node }}, and is not active there.",
      fires: {
        "a timer that somebody stopped": {
          series: { 'homelab_timer_active{node="storage", name="invoices.timer"}': "1x5 0x20" },
          at: "15m",
          alerts: [
            {
              labels: { node: "storage", name: "invoices.timer" },
              says: "invoices.timer is declared for storage, and is not active there.",
            },
          ],
        },
      },
      silent: {
        "a timer that an up has recreated": {
          series: { 'homelab_timer_active{node="storage", name="invoices.timer"}': "1x5 0x2 1x20" },
          at: "10m",
        },
      },
    },
    {
      alert: "CertificateEnds",
      expr: "homelab_certificate_not_after_timestamp_seconds - time() < 14 * 86400",
      for: "10m",
      severity: "warning",
      summary: "{{ $labels.file }} on {{ $labels.node }} is valid for {{ $value | humanizeDuration }} only.",
      fires: {
        "a certificate of which ten days are left": {
          series: {
            'homelab_certificate_not_after_timestamp_seconds{node="storage", file="/etc/x/server.crt"}':
              "864900x30",
          },
          at: "15m",
          alerts: [
            {
              labels: { node: "storage", file: "/etc/x/server.crt" },
              says: "/etc/x/server.crt on storage is valid for 10d 0h 0m 0s only.",
            },
          ],
        },
      },
      silent: {
        "a certificate of which two months are left": {
          series: {
            'homelab_certificate_not_after_timestamp_seconds{node="storage", file="/etc/x/server.crt"}':
              "5184000x30",
          },
          at: "15m",
        },
      },
    },
  ],
};

/** A daily timer: when it last ran, when the machine was started, since when it is active. */
function timer(last: string, booted: string, since: string): Record<string, string> {
  const labels = '{node="storage", name="invoices.timer"}';
  return {
    [`homelab_timer_last_trigger_timestamp_seconds${labels}`]: last,
    [`homelab_timer_interval_seconds${labels}`]: "86400x1100",
    [`homelab_timer_active_since_timestamp_seconds${labels}`]: since,
    'node_boot_time_seconds{node="storage"}': booted,
    [up]: "1x1100",
  };
}
