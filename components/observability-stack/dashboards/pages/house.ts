import type { Page } from "../queries";

export const house: Page = {
  uid: "homelab-house",
  title: "The house",
  rows: {
    Nodes: [
      {
        title: "Answers (1), does not (0)",
        expr: 'up{job="node"}',
        legend: "{{node}}",
        unit: "none",
      },
      {
        title: "Should be on: off on purpose is not in it",
        expr: "homelab:node_expected",
        legend: "{{node}}",
        unit: "none",
      },
      {
        title: "Processors",
        expr: '1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[$step]))',
        legend: "{{node}}",
        unit: "percentunit",
      },
      {
        title: "Memory",
        expr: "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
        legend: "{{node}}",
        unit: "percentunit",
      },
      {
        title: "Waiting for memory",
        expr: "rate(node_pressure_memory_waiting_seconds_total[$step])",
        legend: "{{node}}",
        unit: "percentunit",
        mayBeEmpty: true,
      },
      {
        title: "Network",
        expr: 'sum by (node) (rate(node_network_receive_bytes_total{device!="lo"}[$step]))',
        legend: "{{node}}",
        unit: "Bps",
      },
    ],
    "What is wrong": [
      {
        title: "Alerts",
        expr: 'ALERTS{alertstate="firing", alertname!="Watchdog"}',
        legend: "{{alertname}} {{node}} {{name}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Units that failed",
        expr: 'node_systemd_unit_state{state="failed"} == 1',
        legend: "{{node}} {{name}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Programs that do not answer",
        expr: "up == 0",
        legend: "{{job}} {{node}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Lines that have not arrived",
        expr: "homelab_logs_behind_seconds",
        legend: "{{node}}",
        unit: "s",
        mayBeEmpty: true,
      },
    ],
  },
};
