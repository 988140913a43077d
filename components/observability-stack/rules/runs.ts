import type { RuleGroup } from "../rule";

const run = (moment: string, job: string, values: string) => ({
  [`homelab_run_${moment}_timestamp_seconds{node="storage", system="dagster", job_name="${job}"}`]: values,
});

/** What runs by Dagster, Prefect or a program of a person's own, and says so itself: docs/components/observability-stack.md. */
export const runs: RuleGroup = {
  name: "homelab-runs",
  rules: [
    {
      alert: "RunFailed",
      expr: `last_over_time(homelab_run_last_failure_timestamp_seconds[1d])
> on (system, job_name) (
  last_over_time(homelab_run_last_success_timestamp_seconds[1d])
  or on (system, job_name) last_over_time(homelab_run_last_failure_timestamp_seconds[1d]) * 0
)`,
      severity: "critical",
      summary: "The last run of {{ $labels.system }} {{ $labels.job_name }} failed.",
      fires: {
        "a run that failed for the first time ever": {
          series: run("last_failure", "embed", "_x5 300x60"),
          at: "10m",
          alerts: [
            {
              labels: { system: "dagster", job_name: "embed" },
              says: "The last run of dagster embed failed.",
            },
          ],
        },
      },
      silent: {
        "a run that failed and then went well": {
          series: {
            ...run("last_failure", "embed", "300x60"),
            ...run("last_success", "embed", "200x10 600x50"),
          },
          at: "20m",
        },
      },
    },
    {
      alert: "RunStuck",
      expr: "time() - homelab_run_started_timestamp_seconds > 3600",
      for: "1m",
      severity: "critical",
      summary: "A run of {{ $labels.system }} {{ $labels.job_name }} has not ended for more than an hour.",
      fires: {
        "a run that hangs": {
          series: run("started", "embed", "0x120"),
          at: "63m",
          alerts: [
            {
              labels: { node: "storage", system: "dagster", job_name: "embed" },
              says: "A run of dagster embed has not ended for more than an hour.",
            },
          ],
        },
      },
      silent: { "a run that has ended": { series: run("started", "embed", "0x30 _x90"), at: "63m" } },
    },
    {
      alert: "RunOverdue",
      expr: `time() - last_over_time(homelab_run_last_success_timestamp_seconds[8d])
> on (system, job_name) last_over_time(homelab_run_interval_seconds[8d]) * 2 + 600`,
      severity: "critical",
      summary:
        "{{ $labels.system }} {{ $labels.job_name }} has not succeeded for {{ $value | humanizeDuration }}.",
      fires: {
        "an hourly run that last went well four hours ago": {
          series: {
            ...run("last_success", "embed", "0x300"),
            'homelab_run_interval_seconds{node="storage", system="dagster", job_name="embed"}': "3600x300",
          },
          at: "4h",
          alerts: [
            {
              labels: { system: "dagster", job_name: "embed" },
              says: "dagster embed has not succeeded for 4h 0m 0s.",
            },
          ],
        },
      },
      silent: { "a run on demand": { series: run("last_success", "embed", "0x300"), at: "4h" } },
    },
  ],
};
