import { describe, expect, it } from "vitest";
import type { StatusSaid } from "../../remote/status";
import { page } from "./page";
import { agentsOf, verdict } from "./seen";

const now = 1_800_000_000;
const lines = (...all: readonly string[]): StatusSaid => ({
  rows: [`now\t${now}`, ...all].map((line) => line.split("\t")),
  ended: "well",
});
const all = ["units", "queues", "gateway"].map((section) => `done\t${section}`);
const unit = (name: string, active = "active", restarts = 0, since = now - 5000) =>
  `unit\t${name}\t${active}\trunning\t${restarts}\t${since}`;
const said = (name: string, ago: number, line: object) =>
  `said\t${name}\t${JSON.stringify({ MESSAGE: JSON.stringify(line), __REALTIME_TIMESTAMP: String((now - ago) * 1e6) })}`;
const task = { id: 7, correlation_id: "abc", try: 2, agent: "agent-mail-1" };

describe("what agents do", () => {
  it("is known from the last line that each logged", () => {
    const seen = agentsOf(
      lines(
        ...["agent-mail-1", "agent-mail-2", "agent-mail-3", "agent-mail-4"].map((name) => unit(name)),
        said("agent-mail-1", 300, { ...task, what: "took" }),
        said("agent-mail-2", 90, { ...task, id: 8, try: 1, what: "took" }),
        said("agent-mail-2", 20, { ...task, id: 8, try: 1, what: "waits", for: "the gateway", status: 429 }),
        said("agent-mail-3", 60, { ...task, id: 6, what: "took" }),
        said("agent-mail-3", 40, { ...task, id: 6, what: "done" }),
        ...all,
      ),
    );
    expect(
      seen.agents.map(({ task: has, waitsFor, speaks }) => [
        has?.id,
        has && now - has.since,
        waitsFor,
        speaks,
      ]),
    ).toEqual([
      [7, 300, undefined, true],
      [8, 90, "the gateway (429)", true],
      [undefined, undefined, "a task", true],
      [undefined, undefined, "a task", false],
    ]);
    expect(verdict(seen)).toBe(0);
    expect(page(seen)).toContain("agent-mail-4 has not said what it does: docs/agents.md, the protocol.");
  });

  it("is not what a process did that was killed since", () => {
    const { agents } = agentsOf(
      lines(
        unit("agent-mail-1", "active", 3, now - 100),
        said("agent-mail-1", 300, { ...task, what: "took" }),
      ),
    );
    expect(agents).toMatchObject([{ task: undefined, restarts: 3, waitsFor: "a task" }]);
  });

  it("is wrong where one does not run, or a task was given up", () => {
    expect(verdict(agentsOf(lines(unit("agent-mail-1", "failed"), ...all)))).toBe(1);
    expect(verdict(agentsOf(lines(unit("agent-mail-1", "scheduled"), ...all)))).toBe(0);
    const gaveUp = agentsOf(
      lines(unit("agent-mail-1"), said("agent-mail-1", 9, { ...task, what: "failed" }), ...all),
    );
    expect([verdict(gaveUp), page(gaveUp)]).toEqual([
      1,
      expect.stringContaining("1 tasks were given up: journalctl"),
    ]);
  });
});

it("queues and accounts show what waits, what is used and what is left", () => {
  const seen = agentsOf(
    lines(
      ...["pending\t5", "ack_pending\t8", "redelivered\t1"].map((of) => `queue\tAGENTS\tmail\tnum_${of}`),
      "queue\tAGENTS\t\tstranded\t2",
      "queue\tOTHER\t\tstranded\t3",
      "queue\tOTHER\treader\tnum_pending\t3",
      'metric\thomelab_inference_account_limit{account="openai",of="tokens"}\t15000.0',
      'metric\thomelab_inference_account_used{account="openai",of="tokens"}\t1200.0',
      'metric\thomelab_inference_account_limit{account="openai",of="budget"}\t20.0',
      'metric\thomelab_inference_account_used{account="openai",of="budget"}\t4.5',
      'metric\thomelab_inference_tokens_total{client="agents-mail",model="chat",at="openai"}\t700.0',
      'metric\thomelab_inference_tokens_total{client="agents-mail",model="chat",at="house"}\t300.0',
      ...all,
    ),
  );
  expect(seen.queues).toEqual([{ pool: "mail", waiting: 5, taken: 8, again: 1 }]);
  expect(seen.stranded).toBe(2);
  expect(page(seen)).toContain("2 tasks are in the queue and no agent gets them any more");
  expect(seen.tokens).toEqual({ "agents-mail": 1000 });
  expect(page(seen)).toMatch(
    /openai +tokens a minute +1200 +13800 +15000\nopenai +budget +4\.50 \$ +15\.50 \$ +20\.00 \$/,
  );
});

it("what did not answer is said to be not known, and never is nothing", () => {
  const seen = agentsOf(lines(unit("agent-mail-1"), "done\tunits", "done\tqueues"));
  expect([verdict(seen), page(seen)]).toEqual([
    3,
    expect.stringContaining(
      "The gateway did not answer: what was used of accounts and budgets is not known.",
    ),
  ]);
  const silent = agentsOf({ rows: [], ended: "unreachable" });
  expect([verdict(silent), page(silent)]).toEqual([3, "desktop did not answer at all."]);
});
