import type { RuleGroup } from "../rule";

/** `deployment`, for Prometheus gives the label `job` another meaning. */
const of = (metric: string, deployment: string) =>
  `homelab_prefect_${metric}{node="storage", deployment="${deployment}"}`;
const nightly = { node: "storage", deployment: "nightly" };

/**
 * The jobs of jobs.yaml, as a script reads them from Prefect's tables (components/job-runner/scripts/health.sql): also while
 * Prefect itself is dead. A run that failed is told by Prefect at once, as JobFailed.
 */
export const jobs: RuleGroup = {
  name: "homelab-jobs",
  rules: [
    {
      alert: "JobWithoutSuccess",
      expr: "time() - homelab_prefect_last_success_timestamp_seconds > homelab_prefect_due_seconds",
      for: "1m",
      severity: "critical",
      summary:
        "The job {{ $labels.deployment }} has not succeeded for {{ $value | humanizeDuration }}: longer than its schedule, its attempts and its limit allow.",
      fires: {
        "a job that is due within an hour and last went well two hours ago": {
          series: {
            [of("last_success_timestamp_seconds", "nightly")]: "0x130",
            [of("due_seconds", "nightly")]: "3600x130",
          },
          at: "2h",
          alerts: [
            {
              labels: nightly,
              says: "The job nightly has not succeeded for 2h 0m 0s: longer than its schedule, its attempts and its limit allow.",
            },
          ],
        },
        "a job that names whom to tell, who is told": {
          series: {
            'homelab_prefect_last_success_timestamp_seconds{node="storage", deployment="nightly", notify="ada"}':
              "0x130",
            'homelab_prefect_due_seconds{node="storage", deployment="nightly", notify="ada"}': "3600x130",
          },
          at: "2h",
          alerts: [
            {
              labels: { ...nightly, notify: "ada" },
              says: "The job nightly has not succeeded for 2h 0m 0s: longer than its schedule, its attempts and its limit allow.",
            },
          ],
        },
      },
      silent: {
        "a job that went well in time": {
          series: {
            [of("last_success_timestamp_seconds", "nightly")]: "0x59 3540x80",
            [of("due_seconds", "nightly")]: "3600x140",
          },
          at: "1h50m",
        },
        "a job that nothing begins by the clock": {
          series: { [of("last_success_timestamp_seconds", "nightly")]: "0x130" },
          at: "2h",
        },
      },
    },
    {
      alert: "JobRunStuck",
      expr: `homelab_prefect_running_seconds > homelab_prefect_limit_seconds
or homelab_prefect_pending_seconds > 600`,
      for: "1m",
      severity: "critical",
      summary:
        "A run of the job {{ $labels.deployment }} is stuck: it has neither ended nor begun for {{ $value | humanizeDuration }}.",
      fires: {
        "a run that has no end": {
          series: {
            [of("running_seconds", "nightly")]: "0+60x90",
            [of("limit_seconds", "nightly")]: "3720x90",
          },
          at: "70m",
          alerts: [
            {
              labels: nightly,
              says: "A run of the job nightly is stuck: it has neither ended nor begun for 1h 10m 0s.",
            },
          ],
        },
        "a run that was handed over and never began": {
          series: { [of("pending_seconds", "nightly")]: "0+60x30" },
          at: "15m",
          alerts: [
            {
              labels: nightly,
              says: "A run of the job nightly is stuck: it has neither ended nor begun for 15m 0s.",
            },
          ],
        },
      },
      silent: {
        "a run within its limit": {
          series: {
            [of("running_seconds", "nightly")]: "0+60x50",
            [of("limit_seconds", "nightly")]: "3720x50",
          },
          at: "50m",
        },
      },
    },
    {
      alert: "PrefectDown",
      expr: "homelab_prefect_connections == 0",
      for: "1m",
      severity: "critical",
      summary: "Prefect is not connected to PostgreSQL: no job begins.",
      fires: {
        "a server that is gone": {
          series: { 'homelab_prefect_connections{node="storage"}': "7x4 0x20" },
          step: "15s",
          at: "4m",
          alerts: [
            { labels: { node: "storage" }, says: "Prefect is not connected to PostgreSQL: no job begins." },
          ],
        },
      },
      silent: {
        "a restart": {
          series: { 'homelab_prefect_connections{node="storage"}': "7x4 0x2 7x20" },
          step: "15s",
          at: "4m",
        },
      },
    },
    {
      alert: "JobWorkerDown",
      expr: `homelab_prefect_worker_heartbeat_age_seconds > 180
and on (worker) label_replace(homelab:node_expected == 1, "worker", "$1", "node", "(.+)")
unless on () homelab_prefect_connections == 0`,
      for: "1m",
      severity: "critical",
      summary:
        "The worker of {{ $labels.worker }} has said nothing for {{ $value | humanizeDuration }}: its jobs do not begin.",
      fires: {
        "a worker that is gone while its node is on": {
          series: {
            'homelab_prefect_worker_heartbeat_age_seconds{node="storage", worker="desktop"}': "0+60x30",
            'up{job="node", node="desktop", lifecycle="always-on"}': "1x30",
          },
          at: "10m",
          alerts: [
            {
              labels: { node: "storage", worker: "desktop" },
              says: "The worker of desktop has said nothing for 10m 0s: its jobs do not begin.",
            },
          ],
        },
      },
      silent: {
        "a worker whose node is off, as it may be": {
          series: {
            'homelab_prefect_worker_heartbeat_age_seconds{node="storage", worker="compute"}': "0+60x30",
            'up{job="node", node="compute", lifecycle="on-demand"}': "0x30",
          },
          at: "10m",
        },
      },
    },
  ],
};
