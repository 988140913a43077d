import type { RuleGroup } from "../rule";

const on = 'up{job="node", node="desktop", lifecycle="always-on"}';
const onDemand = 'up{job="node", node="compute", lifecycle="on-demand"}';
const meant = 'homelab_node_meant_to_be_on{job="node", node="storage", peer="compute"}';

/** Which nodes must answer now: the base of every rule that speaks of what does not answer. */
export const expected: RuleGroup = {
  name: "homelab-expected",
  records: [
    {
      record: "homelab:node_expected",
      // A node's word comes by storage (components/power): 1 after `on`, 0 after it went off on purpose. Without a word an
      // on-demand node may be off at any time. A node that is on is expected too, so that what fails there is told.
      expr: `max by (node) (up{job="node", lifecycle="always-on"} * 0 + 1)
or max by (node) (label_replace(last_over_time(homelab_node_meant_to_be_on[1h]), "node", "$1", "peer", "(.+)") == 1)
or max by (node) (up{job="node"} == 1)`,
    },
  ],
  rules: [],
};

export const nodes: RuleGroup = {
  name: "homelab-nodes",
  rules: [
    {
      alert: "NodeDown",
      // Not `up == 0` with a long `for`: one good scrape begins that anew, and a node that comes and goes is never told. The
      // short one is for Prometheus' own start, when two minutes hold a single scrape.
      expr: 'max_over_time(up{job="node"}[2m]) == 0 and on (node) homelab:node_expected == 1',
      for: "1m",
      keepFiringFor: "2m",
      severity: "critical",
      summary: "{{ $labels.node }} does not answer, though it should be on.",
      fires: {
        "an always-on node that is gone": {
          series: { [on]: "1x20 0x60" },
          step: "15s",
          at: "9m",
          alerts: [
            {
              labels: { job: "node", node: "desktop", lifecycle: "always-on" },
              says: "desktop does not answer, though it should be on.",
            },
          ],
        },
        "an on-demand node that lost its power": {
          series: { [onDemand]: "1x20 0x60", [meant]: "1x80" },
          step: "15s",
          at: "9m",
          alerts: [
            {
              labels: { job: "node", node: "compute", lifecycle: "on-demand" },
              says: "compute does not answer, though it should be on.",
            },
          ],
        },
      },
      silent: {
        "an on-demand node that said idle and went off": {
          series: { [onDemand]: "1x20 0x240", [meant]: "1x18 0x242" },
          step: "15s",
          at: "60m",
        },
        "an on-demand node of which nobody knows": {
          series: { [onDemand]: "1x20 0x240" },
          step: "15s",
          at: "60m",
        },
        "a reboot of two minutes": { series: { [on]: "1x20 0x8 1x40" }, step: "15s", at: "7m30s" },
        "a node that has been off since before Prometheus started": {
          series: { [onDemand]: "0x40", [meant]: "0x40" },
          step: "15s",
          at: "9m",
        },
      },
    },
    {
      alert: "NodeComesAndGoes",
      expr: 'avg_over_time(up{job="node"}[15m]) < 0.8 and changes(up{job="node"}[15m]) > 3 and on (node) homelab:node_expected == 1',
      for: "5m",
      keepFiringFor: "15m",
      severity: "warning",
      summary: "{{ $labels.node }} answers only {{ $value | humanizePercentage }} of the time.",
      fires: {
        "a node that answers every third time": {
          series: { [on]: `1x20 ${"0 0 1 ".repeat(32)}` },
          step: "15s",
          at: "28m",
          alerts: [
            {
              labels: { job: "node", node: "desktop", lifecycle: "always-on" },
              says: "desktop answers only 33.33% of the time.",
            },
          ],
        },
      },
      silent: {
        "a reboot of five minutes": { series: { [on]: "1x60 0x20 1x80" }, step: "15s", at: "28m" },
      },
    },
    {
      alert: "NodeDidNotWake",
      // Of timers alone: who wakes a node by hand is told by the command.
      expr: `label_replace(node_systemd_timer_last_trigger_seconds{name=~"homelab-wake-.+"}, "peer", "$1", "name", "homelab-wake-(.+).timer")
  > on (peer) group_left () homelab_node_last_word_timestamp_seconds
unless on (peer) label_replace(max_over_time(up{job="node"}[10m]) == 1, "peer", "$1", "node", "(.+)")`,
      for: "10m",
      severity: "warning",
      summary: "{{ $labels.peer }} was woken more than ten minutes ago and does not answer.",
      fires: {
        "a node that was woken and did not come": {
          series: {
            'homelab_node_last_word_timestamp_seconds{node="storage", peer="compute"}': "100x60",
            'node_systemd_timer_last_trigger_seconds{node="storage", name="homelab-wake-compute.timer"}':
              "50x10 600x50",
            [onDemand]: "0x60",
          },
          at: "25m",
          alerts: [
            {
              labels: { node: "storage", name: "homelab-wake-compute.timer", peer: "compute" },
              says: "compute was woken more than ten minutes ago and does not answer.",
            },
          ],
        },
      },
      silent: {
        "a node that was on already": {
          series: {
            'homelab_node_last_word_timestamp_seconds{node="storage", peer="compute"}': "100x60",
            'node_systemd_timer_last_trigger_seconds{node="storage", name="homelab-wake-compute.timer"}':
              "50x10 600x50",
            [onDemand]: "1x60",
          },
          at: "25m",
        },
      },
    },
    {
      alert: "ServiceDown",
      // Of a node that has answered for a while: one that is off, or has just been started, is no news of this rule.
      expr: 'max_over_time(up{job!="node"}[1m]) == 0 and on (node) min_over_time(up{job="node"}[3m]) == 1',
      for: "2m",
      keepFiringFor: "2m",
      severity: "critical",
      summary: "{{ $labels.job }} on {{ $labels.node }} does not answer.",
      fires: {
        "a service that is gone from a node that is on": {
          series: { [on]: "1x60", 'up{job="nats", node="desktop"}': "1x20 0x40" },
          step: "15s",
          at: "9m",
          alerts: [{ labels: { job: "nats", node: "desktop" }, says: "nats on desktop does not answer." }],
        },
      },
      silent: {
        "a service of a node that is off on purpose": {
          series: {
            [onDemand]: "1x20 0x80",
            [meant]: "1x18 0x82",
            'up{job="mlflow", node="compute"}': "1x20 0x80",
          },
          step: "15s",
          at: "20m",
        },
        "a service that is restarted": {
          series: { [on]: "1x60", 'up{job="nats", node="desktop"}': "1x20 0x6 1x34" },
          step: "15s",
          at: "7m",
        },
      },
    },
  ],
};
