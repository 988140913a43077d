import { span } from "../status/page";
import { ruled } from "../terminal";
import type { Account, Agent, Seen } from "./seen";

/** The page of `homelab agents`. */
export function page(seen: Seen): string {
  const { agents, queues, accounts, tokens, gaveUp, stranded, unknown } = seen;
  const parts = [
    agents.length === 0
      ? unknown.length > 0
        ? ""
        : "No agent is set up on desktop: homelab:agents.pools names none."
      : ruled(
          ["AGENT", "STATE", "FOR", "TASK", "FOR", "TRY", "WAITS FOR", "STARTED AGAIN"],
          agents.map((one) => row(one, seen.now)),
        ),
    queues.length === 0
      ? ""
      : ruled(
          ["POOL", "WAITING", "TAKEN", "GIVEN OUT AGAIN"],
          queues.map(({ pool, waiting, taken, again }) => [pool, ...[waiting, taken, again].map(String)]),
        ),
    accounts.length === 0 ? "" : ruled(["ACCOUNT", "OF", "USED", "LEFT", "LIMIT"], accounts.map(accountRow)),
    Object.keys(tokens).length === 0
      ? ""
      : ruled(
          ["KEY OF", "TOKENS SINCE THE GATEWAY STARTED"],
          Object.entries(tokens).map(([client, count]) => [client, String(count)]),
        ),
    [
      ...(gaveUp > 0
        ? [`${gaveUp} tasks were given up: journalctl -u 'agent-*' -g '"failed"' on desktop.`]
        : []),
      ...(stranded > 0
        ? [
            `${stranded} tasks are in the queue and no agent gets them any more: docs/runbooks/alerts.md, AgentTaskStranded.`,
          ]
        : []),
      ...agents
        .filter(({ running, speaks }) => running && !speaks)
        .map(({ name }) => `${name} has not said what it does: docs/agents.md, the protocol.`),
      ...unknown,
    ].join("\n"),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

const row = ({ name, state, since, task, waitsFor, restarts }: Agent, now: number) => [
  ...[name, state, since === undefined ? "" : span(now - since)],
  ...(task === undefined ? ["", "", ""] : [String(task.id), span(now - task.since), String(task.attempt)]),
  ...[waitsFor ?? "", restarts === 0 ? "" : String(restarts)],
];

const accountRow = ({ name, of, used, limit }: Account) => {
  const number = (value: number) => (of === "budget" ? `${value.toFixed(2)} $` : String(Math.round(value)));
  return [
    ...[name, of === "budget" ? "budget" : `${of} a minute`, number(used)],
    ...(limit === undefined ? ["", ""] : [number(Math.max(0, limit - used)), number(limit)]),
  ];
};
