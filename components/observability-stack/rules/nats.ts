import type { RuleGroup } from "../rule";

/** NATS, of whose own figures scripts/node.sh makes metrics. */
export const nats: RuleGroup = {
  name: "homelab-nats",
  rules: [
    {
      alert: "StreamsFull",
      expr: "homelab_nats_store_bytes / homelab_nats_store_limit_bytes > 0.85",
      for: "5m",
      severity: "critical",
      summary:
        "JetStream on {{ $labels.node }} has {{ $value | humanizePercentage }} of its room taken: soon nothing more is accepted.",
      fires: {
        "nine tenths of the room": {
          series: {
            'homelab_nats_store_bytes{node="desktop"}': "9e9x20",
            'homelab_nats_store_limit_bytes{node="desktop"}': "10e9x20",
          },
          at: "10m",
          alerts: [
            {
              labels: { node: "desktop" },
              says: "JetStream on desktop has 90% of its room taken: soon nothing more is accepted.",
            },
          ],
        },
      },
      silent: {
        "half of it": {
          series: {
            'homelab_nats_store_bytes{node="desktop"}': "5e9x20",
            'homelab_nats_store_limit_bytes{node="desktop"}': "10e9x20",
          },
          at: "10m",
        },
      },
    },
    {
      alert: "NatsSilent",
      expr: "max_over_time(homelab_nats_up[1m]) == 0",
      for: "2m",
      severity: "critical",
      summary: "NATS on {{ $labels.node }} does not answer: agents get no messages.",
      fires: {
        "a server that does not answer": {
          series: { 'homelab_nats_up{node="desktop"}': "1x4 0x10" },
          at: "9m",
          alerts: [
            {
              labels: { node: "desktop" },
              says: "NATS on desktop does not answer: agents get no messages.",
            },
          ],
        },
      },
      silent: {
        "a restart": { series: { 'homelab_nats_up{node="desktop"}': "1x8 0x4 1x40" }, step: "15s", at: "4m" },
      },
    },
  ],
};
