import type { Page } from "../queries";

export const jobs: Page = {
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
