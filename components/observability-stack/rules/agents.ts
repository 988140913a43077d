import type { RuleGroup } from "../rule";

const pool = { job: "node", node: "desktop", pool: "mail" };
const desktop = { job: "node", node: "desktop" };
const agent = { job: "node", node: "desktop", agent: "agent-mail-1" };
const series = (name: string, labels: Readonly<Record<string, string>>) =>
  `${name}{${Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(", ")}}`;
const account = (name: string, of: string) =>
  series(`homelab_inference_account_${name}`, {
    ...{ job: "inference", node: "desktop", account: "openai", of },
  });
const refused = (why: string) =>
  series("homelab_inference_refused_total", {
    ...{ job: "inference", node: "desktop", client: "mail", model: "chat", why },
  });

/**
 * Pools of agents, as a script on their node tells of them (components/agents/scripts/watch.sh), and the gateway, as it tells of
 * itself. That an agent or a part of the gateway does not run, the rules about units and programs say.
 */
export const agents: RuleGroup = {
  name: "homelab-agents",
  rules: [
    {
      alert: "AccountNearlyUsedUp",
      // A minute in which much was asked is no news; five are.
      expr: `homelab_inference_account_used{of="budget"} > 0.8 * homelab_inference_account_limit{of="budget"}
or min_over_time(homelab_inference_account_used{of!="budget"}[5m]) > 0.8 * homelab_inference_account_limit{of!="budget"}`,
      for: "1m",
      severity: "warning",
      summary:
        "Of the {{ $labels.of }} of the account {{ $labels.account }} more than 80 % is used: {{ $value | humanize }}.",
      fires: {
        "a budget of 20 dollars of which 17 are spent": {
          series: { [account("used", "budget")]: "17x20", [account("limit", "budget")]: "20x20" },
          at: "5m",
          alerts: [
            {
              labels: { job: "inference", node: "desktop", account: "openai", of: "budget" },
              says: "Of the budget of the account openai more than 80 % is used: 17.",
            },
          ],
        },
        "an account whose tokens have been nearly used up for ten minutes": {
          series: { [account("used", "tokens")]: "14000x20", [account("limit", "tokens")]: "15000x20" },
          at: "10m",
          alerts: [
            {
              labels: { job: "inference", node: "desktop", account: "openai", of: "tokens" },
              says: "Of the tokens of the account openai more than 80 % is used: 14k.",
            },
          ],
        },
      },
      silent: {
        "a minute in which much was asked": {
          series: {
            [account("used", "tokens")]: "100x5 14000 14000 100x10",
            [account("limit", "tokens")]: "15000x20",
          },
          at: "8m",
        },
        "a budget of which half is spent": {
          series: { [account("used", "budget")]: "10x20", [account("limit", "budget")]: "20x20" },
          at: "15m",
        },
      },
    },
    {
      alert: "GatewayRefuses",
      expr: 'sum by (node, model, why) (increase(homelab_inference_refused_total{why!="key"}[10m])) > 5',
      for: "5m",
      severity: "warning",
      summary:
        "The gateway has nobody who answers for {{ $labels.model }} ({{ $labels.why }}): {{ $value | humanize }} requests were refused within ten minutes.",
      fires: {
        "a model whose budget is used up while clients go on asking": {
          series: { [refused("budget")]: "0+2x30" },
          at: "20m",
          alerts: [
            {
              labels: { node: "desktop", model: "chat", why: "budget" },
              says: "The gateway has nobody who answers for chat (budget): 20 requests were refused within ten minutes.",
            },
          ],
        },
      },
      silent: {
        "a few that were told to come again": { series: { [refused("limit")]: "0x5 1 2 3x20" }, at: "15m" },
        "keys that open nothing": { series: { [refused("key")]: "0+9x30" }, at: "20m" },
      },
    },
    {
      alert: "AgentQueueGrows",
      expr: "min_over_time(homelab_agents_waiting[30m]) > 0 and delta(homelab_agents_waiting[30m]) > 5",
      for: "10m",
      severity: "warning",
      summary:
        "Tasks of the pool {{ $labels.pool }} come faster than they are done: {{ $value }} have waited for half an hour at least.",
      fires: {
        "a queue that grows by one each minute": {
          series: { [series("homelab_agents_waiting", pool)]: "1+1x90" },
          at: "60m",
          alerts: [
            {
              labels: pool,
              says: "Tasks of the pool mail come faster than they are done: 32 have waited for half an hour at least.",
            },
          ],
        },
      },
      silent: {
        "many tasks at once that are being done": {
          series: { [series("homelab_agents_waiting", pool)]: "100-1x90" },
          at: "60m",
        },
        "a queue that is empty now and then": {
          series: { [series("homelab_agents_waiting", pool)]: "0+1x19 0+1x19 0+1x19 0+1x19" },
          at: "60m",
        },
      },
    },
    {
      alert: "AgentStuck",
      expr: "homelab_agent_task_seconds > 3600",
      for: "5m",
      severity: "warning",
      summary:
        "{{ $labels.agent }} has had one task for {{ $value | humanizeDuration }}: it waits, or goes round in circles.",
      fires: {
        "an agent that has its task for more than an hour": {
          series: { [series("homelab_agent_task_seconds", agent)]: "0+60x90" },
          at: "70m",
          alerts: [
            {
              labels: agent,
              says: "agent-mail-1 has had one task for 1h 10m 0s: it waits, or goes round in circles.",
            },
          ],
        },
      },
      silent: {
        "one task after the other": {
          series: { [series("homelab_agent_task_seconds", agent)]: "0+60x40 0+60x40" },
          at: "75m",
        },
      },
    },
    {
      alert: "AgentTaskFailed",
      expr: "homelab_agent_failed > 0",
      severity: "warning",
      summary: "{{ $labels.agent }} gave up {{ $value }} tasks within the last hour, each at its last try.",
      fires: {
        "a task whose last try failed": {
          series: { [series("homelab_agent_failed", agent)]: "0x5 1x30" },
          at: "10m",
          alerts: [
            {
              labels: agent,
              says: "agent-mail-1 gave up 1 tasks within the last hour, each at its last try.",
            },
          ],
        },
      },
      silent: { none: { series: { [series("homelab_agent_failed", agent)]: "0x30" }, at: "20m" } },
    },
    {
      alert: "AgentTaskStranded",
      expr: "homelab_agents_stranded > 0",
      // A task on its way from one agent to the next is neither waiting nor taken for a moment.
      for: "5m",
      severity: "warning",
      summary: "{{ $value }} tasks are in the agents' queue and no agent gets them any more.",
      fires: {
        "a task whose agent died at its last try": {
          series: { [series("homelab_agents_stranded", desktop)]: "0x5 1x30" },
          at: "15m",
          alerts: [
            {
              labels: desktop,
              says: "1 tasks are in the agents' queue and no agent gets them any more.",
            },
          ],
        },
      },
      silent: {
        "one that changes hands": {
          series: { [series("homelab_agents_stranded", desktop)]: "0x5 1x2 0x3 1 0x20" },
          at: "15m",
        },
      },
    },
  ],
};
