import type { Page } from "../queries";

export const agents: Page = {
  uid: "homelab-agents",
  title: "Agents",
  rows: {
    Tasks: [
      {
        title: "Tasks that wait",
        expr: "homelab_agents_waiting",
        legend: "{{pool}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Tasks that agents have",
        expr: "homelab_agents_taken",
        legend: "{{pool}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "For how long an agent has its task",
        expr: "homelab_agent_task_seconds > 0",
        legend: "{{agent}}",
        unit: "s",
        mayBeEmpty: true,
      },
      {
        title: "Tasks given up within the hour",
        expr: "homelab_agent_failed > 0",
        legend: "{{agent}}",
        unit: "none",
        mayBeEmpty: true,
      },
    ],
    Models: [
      {
        title: "Used of what the gateway uses at most: tokens, requests, budget",
        expr: "homelab_inference_account_used / homelab_inference_account_limit",
        legend: "{{account}} {{of}}",
        unit: "percentunit",
        mayBeEmpty: true,
      },
      {
        title: "Tokens",
        expr: "sum by (client, at) (rate(homelab_inference_tokens_total[$step]))",
        legend: "{{client}} {{at}}",
        unit: "short",
        mayBeEmpty: true,
      },
      {
        title: "Answers",
        expr: "sum by (model, at, status) (rate(homelab_inference_answers_total[$step]))",
        legend: "{{model}} {{at}} {{status}}",
        unit: "ops",
        mayBeEmpty: true,
      },
      {
        title: "Refused",
        expr: "sum by (model, why) (rate(homelab_inference_refused_total[$step]))",
        legend: "{{model}} {{why}}",
        unit: "ops",
        mayBeEmpty: true,
      },
      {
        title: "Servers of the house that can be asked (1)",
        expr: 'haproxy_server_status{proxy=~"house-.*", state="UP"}',
        legend: "{{server}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Dollars",
        expr: "sum by (client, at) (increase(homelab_inference_spent_dollars_total[1h]))",
        legend: "{{client}} {{at}}",
        unit: "none",
        mayBeEmpty: true,
      },
    ],
    Units: [
      {
        title: "Started again",
        expr: "increase(node_systemd_service_restart_total[1h]) > 0",
        legend: "{{node}} {{name}}",
        unit: "none",
        mayBeEmpty: true,
      },
      {
        title: "Programs that are measured",
        expr: 'up{job!="node"}',
        legend: "{{job}} {{node}}",
        unit: "none",
      },
      {
        title: "How long an answer to Prometheus takes",
        expr: 'scrape_duration_seconds{job!="node"}',
        legend: "{{job}} {{node}}",
        unit: "s",
      },
    ],
    Pods: [
      {
        title: "Memory",
        expr: 'sum by (namespace, pod) (container_memory_working_set_bytes{container!="", container!="POD"})',
        legend: "{{namespace}}/{{pod}}",
        unit: "bytes",
        mayBeEmpty: true,
      },
      {
        title: "Processors",
        expr: 'sum by (namespace, pod) (rate(container_cpu_usage_seconds_total{container!="", container!="POD"}[$step]))',
        legend: "{{namespace}}/{{pod}}",
        unit: "short",
        mayBeEmpty: true,
      },
    ],
    Messages: [
      {
        title: "Messages",
        expr: "sum by (node, way) (rate(homelab_nats_messages_total[$step]))",
        legend: "{{node}} {{way}}",
        unit: "ops",
        mayBeEmpty: true,
      },
      {
        title: "Kept in streams",
        expr: "homelab_nats_stream_messages",
        legend: "{{node}} {{stream}}",
        unit: "short",
        mayBeEmpty: true,
      },
      {
        title: "Waiting to be read",
        expr: "homelab_nats_consumer_waiting",
        legend: "{{stream}} {{consumer}}",
        unit: "short",
        mayBeEmpty: true,
      },
      {
        title: "Room for streams taken",
        expr: "homelab_nats_store_bytes / homelab_nats_store_limit_bytes",
        legend: "{{node}}",
        unit: "percentunit",
        mayBeEmpty: true,
      },
    ],
  },
};
