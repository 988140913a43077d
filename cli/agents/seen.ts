import type { StatusSaid } from "../../remote/status";
import { taskStream } from "../../services";

/** What an agent does, by the last line of the protocol that it logged. */
export interface Agent {
  readonly name: string;
  readonly running: boolean;
  /** systemd's word for it, such as `active` or `failed`; `scheduled` where it waits for its time. */
  readonly state: string;
  /** Since when it is so, seconds of the clock. */
  readonly since: number | undefined;
  /** How often systemd started it again. */
  readonly restarts: number;
  readonly task: Task | undefined;
  /** What it waits for; undefined while it works, or where it does not say. */
  readonly waitsFor: string | undefined;
  /** Whether it has logged any line of the protocol. */
  readonly speaks: boolean;
}

interface Task {
  readonly id: number;
  readonly correlationId: string;
  /** More than 1: another agent had it before, and did not finish it. */
  readonly attempt: number;
  /** Seconds of the clock. */
  readonly since: number;
}

interface Queue {
  readonly pool: string;
  /** Tasks that nobody has yet. */
  readonly waiting: number;
  /** Tasks that agents have. */
  readonly taken: number;
  /** Of these, and of those given back: tasks that were given out more than once. */
  readonly again: number;
}

export interface Account {
  readonly name: string;
  /** Of tokens and requests: in the last minute; of a budget: in its time, dollars. */
  readonly of: string;
  readonly used: number;
  /** Undefined where the stack file sets none. */
  readonly limit: number | undefined;
}

export interface Seen {
  readonly agents: readonly Agent[];
  readonly queues: readonly Queue[];
  readonly accounts: readonly Account[];
  /** Tokens since the gateway was started, by whose key. */
  readonly tokens: Readonly<Record<string, number>>;
  readonly gaveUp: number;
  /** Tasks in the queue that no agent gets any more: given out for the last time, or of a pool that is gone. */
  readonly stranded: number;
  /** The node's clock. */
  readonly now: number;
  /** What is not known, and why: a sentence each. */
  readonly unknown: readonly string[];
}

interface Line {
  readonly at: number;
  readonly what: string;
  readonly id?: number;
  readonly correlation_id?: string;
  readonly try?: number;
  readonly for?: string;
  readonly status?: number;
}

/** Pure part: what agents.sh said, as facts. */
export function agentsOf({ rows, ended }: StatusSaid): Seen {
  const of = (kind: string) => rows.filter(([first]) => first === kind).map((row) => row.slice(1));
  const done = new Set(of("done").map(([section]) => section));
  const now = Number(of("now")[0]?.[0] ?? Date.now() / 1000);
  const lines = linesOf(of("said"));
  const agents = of("unit").map((row) => agentOf(row, lines.get(row[0] ?? "") ?? []));
  const metrics = of("metric").map(([name = "", value]) => ({ ...parsed(name), value: Number(value) }));
  return {
    agents,
    queues: queuesOf(of("queue")),
    accounts: accountsOf(metrics),
    tokens: tokensOf(metrics),
    gaveUp: agents.reduce(
      (sum, { name }) => sum + (lines.get(name) ?? []).filter(({ what }) => what === "failed").length,
      0,
    ),
    stranded: strandedOf(of("queue")),
    now,
    unknown: [
      ...(ended === "well"
        ? []
        : [
            ended === "late" || ended === "unreachable"
              ? `desktop did not answer ${ended === "late" ? "in time" : "at all"}.`
              : `desktop: ${ended.sentence}`,
          ]),
      ...(["units", "queues", "gateway"] as const)
        .filter((section) => !done.has(section) && ended === "well")
        .map((section) => says[section]),
    ],
  };
}

const says = {
  units: "The agents' units could not be read.",
  queues: "NATS did not answer: how many tasks wait is not known.",
  gateway: "The gateway did not answer: what was used of accounts and budgets is not known.",
};

function linesOf(said: readonly (readonly string[])[]): ReadonlyMap<string, readonly Line[]> {
  const lines = new Map<string, Line[]>();
  for (const [name = "", ...rest] of said) {
    try {
      const entry = JSON.parse(rest.join("\t")) as { MESSAGE: string; __REALTIME_TIMESTAMP: string };
      const line = JSON.parse(entry.MESSAGE) as Omit<Line, "at">;
      const all = lines.get(name) ?? [];
      all.push({ ...line, at: Number(entry.__REALTIME_TIMESTAMP) / 1e6 });
      lines.set(name, all);
    } catch {
      // A line of the agent's own that happens to have the word in it.
    }
  }
  return lines;
}

function agentOf(
  [name = "", active = "", , restarts = "", since = ""]: readonly string[],
  lines: readonly Line[],
): Agent {
  const running = active === "active";
  const started = Number(since);
  // What a former process had is another agent's by now.
  const own = lines.filter(({ at }) => !(running && at < started));
  const last = own.at(-1);
  const took = own.findLast(({ what }) => what === "took");
  const busy = running && (last?.what === "took" || (last?.what === "waits" && last.id !== undefined));
  return {
    ...{ name, running, state: active, since: since === "" ? undefined : started },
    ...{ restarts: Number(restarts || 0), speaks: lines.length > 0 },
    task: busy
      ? {
          id: last.id ?? 0,
          correlationId: last.correlation_id ?? "",
          attempt: last.try ?? 1,
          since: took?.id === last.id && took !== undefined ? took.at : last.at,
        }
      : undefined,
    waitsFor: !running
      ? undefined
      : last?.what === "waits"
        ? `${last.for ?? "something"}${last.status === undefined ? "" : ` (${last.status})`}`
        : busy
          ? undefined
          : "a task",
  };
}

function queuesOf(rows: readonly (readonly string[])[]): readonly Queue[] {
  const value = (pool: string, key: string) =>
    Number(rows.find(([stream, name, k]) => stream === taskStream && name === pool && k === key)?.[3] ?? 0);
  const pools = new Set(rows.flatMap(([stream, pool]) => (stream === taskStream && pool ? [pool] : [])));
  return [...pools].sort().map((pool) => ({
    ...{ pool, waiting: value(pool, "num_pending") },
    ...{ taken: value(pool, "num_ack_pending"), again: value(pool, "num_redelivered") },
  }));
}

const strandedOf = (rows: readonly (readonly string[])[]) =>
  Number(rows.find(([stream, , key]) => stream === taskStream && key === "stranded")?.[3] ?? 0);

interface Metric {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function parsed(series: string): Omit<Metric, "value"> {
  const [, name = "", labels = ""] = /^([^{]+)(?:\{(.*)\})?$/.exec(series) ?? [];
  return {
    name: name.replace(/^homelab_inference_/, ""),
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    ),
  };
}

function accountsOf(metrics: readonly Metric[]): readonly Account[] {
  const limits = metrics.filter(({ name }) => name === "account_limit");
  return metrics
    .filter(({ name }) => name === "account_used")
    .map(({ labels: { account = "", of = "" }, value }) => ({
      ...{ name: account, of, used: value },
      limit: limits.find(({ labels }) => labels.account === account && labels.of === of)?.value,
    }));
}

function tokensOf(metrics: readonly Metric[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { name, labels, value } of metrics)
    if (name === "tokens_total") sums[labels.client ?? ""] = (sums[labels.client ?? ""] ?? 0) + value;
  return sums;
}

/** Exit status: 0 all is well, 1 something is not, 3 something is not known. */
export function verdict({ agents, gaveUp, unknown }: Seen): 0 | 1 | 3 {
  if (agents.some(({ running, state }) => !running && state !== "scheduled") || gaveUp > 0) return 1;
  return unknown.length > 0 ? 3 : 0;
}
