import type { RuleGroup } from "../rule";

/** What a machine may run out of beside its disks, and the time that it keeps. */
export const machines: RuleGroup = {
  name: "homelab-machines",
  rules: [
    {
      alert: "MemoryExhausted",
      // Programs that wait for memory, not a percentage: a full page cache is well.
      expr: "rate(node_pressure_memory_waiting_seconds_total[5m]) > 0.2 or node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.03",
      for: "5m",
      keepFiringFor: "10m",
      severity: "critical",
      summary: "{{ $labels.node }} is out of memory: programs wait for it.",
      fires: {
        "programs that wait a third of the time": {
          series: { 'node_pressure_memory_waiting_seconds_total{node="storage"}': "0+20x30" },
          at: "20m",
          alerts: [{ labels: { node: "storage" }, says: "storage is out of memory: programs wait for it." }],
        },
      },
      silent: {
        "a little waiting, and a tenth of the memory available": {
          series: {
            'node_pressure_memory_waiting_seconds_total{node="storage"}': "0+2x30",
            'node_memory_MemAvailable_bytes{node="storage"}': "10x30",
            'node_memory_MemTotal_bytes{node="storage"}': "100x30",
          },
          at: "20m",
        },
      },
    },
    {
      alert: "KilledForMemory",
      expr: "increase(node_vmstat_oom_kill[10m]) > 0",
      keepFiringFor: "10m",
      severity: "warning",
      summary: "The kernel killed a program on {{ $labels.node }} for want of memory.",
      fires: {
        "one more kill": {
          series: { 'node_vmstat_oom_kill{node="compute"}': "3x10 4x10" },
          at: "14m",
          alerts: [
            {
              labels: { node: "compute" },
              says: "The kernel killed a program on compute for want of memory.",
            },
          ],
        },
      },
      silent: {
        "kills of long ago": { series: { 'node_vmstat_oom_kill{node="compute"}': "3x20" }, at: "14m" },
      },
    },
    {
      alert: "ClockNotKept",
      // After a boot it is not kept until the first answer.
      expr: "min_over_time(node_timex_sync_status[10m]) == 0 and node_timex_maxerror_seconds >= 16 and node_time_seconds - node_boot_time_seconds > 3600",
      for: "1h",
      severity: "warning",
      summary: "Nothing keeps the clock of {{ $labels.node }}.",
      fires: {
        "a clock that nobody has kept for two hours": {
          series: clock("0x150", "16x150"),
          at: "140m",
          alerts: [{ labels: { node: "storage" }, says: "Nothing keeps the clock of storage." }],
        },
      },
      silent: {
        "a clock that is kept from half an hour on": {
          series: clock("0x30 1x120", "16x30 0.1x120"),
          at: "140m",
        },
      },
    },
    {
      alert: "ClockWrong",
      expr: "abs(timestamp(node_time_seconds) - node_time_seconds) > 5",
      for: "5m",
      severity: "critical",
      summary:
        "The clock of {{ $labels.node }} is {{ $value | humanizeDuration }} away from storage's: MinIO and Kubernetes refuse it at 15 minutes.",
      fires: {
        "a clock that is a minute ahead": {
          series: { 'node_time_seconds{node="compute"}': "60+60x30" },
          at: "20m",
          alerts: [
            {
              labels: { node: "compute" },
              says: "The clock of compute is 1m 0s away from storage's: MinIO and Kubernetes refuse it at 15 minutes.",
            },
          ],
        },
      },
      silent: {
        "a clock that is right": { series: { 'node_time_seconds{node="compute"}': "0+60x30" }, at: "20m" },
      },
    },
  ],
};

function clock(kept: string, error: string): Record<string, string> {
  return {
    'node_timex_sync_status{node="storage"}': kept,
    'node_timex_maxerror_seconds{node="storage"}': error,
    'node_time_seconds{node="storage"}': "0+60x150",
    'node_boot_time_seconds{node="storage"}': "0x150",
  };
}
