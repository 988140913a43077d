import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { watchScripts } from "../../components/agents";
import { queues } from "../../provider/handlers/nats/queues";
import { inboxOf } from "../../services/agents-settings";
import { NatsServer } from "../support/nats-server";
import { Fake } from "./fakes";
import { Gateway, pythonProgram } from "./gateway";

const turns = 8;
const pool = { image: "localhost/agent:1", replicas: 18, turns, models: ["chat"] };
/** `other` has tasks and a model of its own, which are none of the agents' business that run here. */
const agents = { pools: { work: pool, other: { ...pool, replicas: 1, turns: 1, models: ["private"] } } };
const root = join(__dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "homelab-agents-"));

interface Line {
  readonly at: number;
  readonly what: string;
  readonly agent: string;
  readonly id: number;
  readonly correlation_id: string;
}
const lines: Line[] = [];
const running = new Map<string, ChildProcess>();
let server: NatsServer;
let gateway: Gateway;
const limits = { first: { tokens: 6000, requests: 120 }, second: { tokens: 12_000, requests: 240 } };
const first = new Fake("first", { ms: 150, limits: limits.first });
const second = new Fake("second", { ms: 250, limits: limits.second });
const local = new Fake("local", { ms: 200, slots: 2 });

/** One agent as its quadlet would start it: every other one is the example in Python. */
function start(number: number): void {
  const name = `agent-work-${number}`;
  const python = number % 2 === 0;
  const [program = "", ...arguments_] = python
    ? [pythonProgram, join(root, "examples/agents/agent.py")]
    : [process.execPath, "--import", "tsx", join(root, "examples/agents/agent.ts")];
  const child = spawn(program, arguments_, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...{
        PATH: process.env.PATH,
        HOME: folder,
        AGENT_SECRETS: folder,
        AGENT_NAME: name,
        AGENT_POOL: "work",
      },
      ...{ AGENT_STREAM: "AGENTS", AGENT_INBOX: "_INBOX_agents-work", AGENT_ALIVE_SECONDS: "10" },
      ...{ AGENT_TRIES: "5", AGENT_MODEL: "chat" },
    },
  });
  let rest = "";
  child.stdout.on("data", (part: Buffer) => {
    const whole = (rest + part.toString()).split("\n");
    rest = whole.pop() ?? "";
    for (const line of whole) lines.push({ at: Date.now(), ...(JSON.parse(line) as Omit<Line, "at">) });
  });
  running.set(name, child);
}

/** Agents that hold a task now, with its number. */
function holding(): Map<string, number> {
  const held = new Map<string, number>();
  for (const { what, agent, id } of lines) {
    if (what === "took") held.set(agent, id);
    else if (what !== "waits") held.delete(agent);
  }
  return held;
}

const account = (fake: Fake, apiKey: string, { tokens, requests }: typeof limits.first) => ({
  ...{ url: `${fake.url}/v1`, apiKey, tokensPerMinute: tokens, requestsPerMinute: requests },
});

describe("eighteen agents at once, nine of each language, with the local model dead and two accounts", () => {
  beforeAll(async () => {
    for (const fake of [local, first, second]) await fake.listen();
    local.mode = "gone";
    server = await NatsServer.start(agents);
    const password = (user: string) => `password-of-${user}`;
    await queues.apply(
      {
        connection: {
          node: "desktop",
          host: "127.0.0.1",
          port: 1,
          user: "root",
          hostKey: "ssh-ed25519 AAAA",
        },
        ...{
          server: server.address,
          stream: "AGENTS",
          user: "agents-queue",
          password: password("agents-queue"),
        },
        pools: {
          work: { turns, aliveSeconds: 10, tries: 5 },
          other: { turns: 1, aliveSeconds: 10, tries: 5 },
        },
      },
      { log: { info: () => undefined, warn: () => undefined }, signal: new AbortController().signal },
      undefined,
    );
    gateway = await Gateway.start({
      accounts: {
        first: account(first, "one", limits.first),
        second: account(second, "two", limits.second),
      },
      backends: { house: { url: local.url } },
      models: {
        chat: [
          { backend: "house", model: "small" },
          { account: "first", model: "big", inputCost: 1, outputCost: 2 },
          { account: "second", model: "big", inputCost: 1, outputCost: 2 },
        ],
        private: [{ account: "second", model: "other", inputCost: 1, outputCost: 2 }],
      },
      clients: { "agents-work": { models: ["chat"] }, "agents-other": { models: ["private"] } },
    });
    mkdirSync(folder, { recursive: true });
    const opens = (user: string, url: string, of: string) => JSON.stringify({ url, user, password: of });
    writeFileSync(
      join(folder, "nats-password.json"),
      opens("agents-work", `nats://${server.address}`, password("agents-work")),
    );
    writeFileSync(
      join(folder, "inference-key.json"),
      opens("agents-work", gateway.url, gateway.key("agents-work")),
    );
    for (let number = 1; number <= 18; number += 1) start(number);
  });
  afterAll(async () => {
    for (const child of running.values()) child.kill("SIGKILL");
    await gateway.stop();
    await server.stop();
    for (const fake of [local, first, second]) await fake.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("finishes every task once, exceeds no limit of an account, and gives what three killed ones had to others", async () => {
    // On a computer that is busy with other things the last one is there a minute after the first.
    const there = async () => {
      const answer = await fetch(`http://127.0.0.1:${server.monitorPort}/connz?limit=1000`);
      const { connections } = (await answer.json()) as { connections: { name?: string }[] };
      return new Set(connections.map(({ name }) => name).filter((name) => name?.startsWith("agent-work-")))
        .size;
    };
    await expect.poll(there, { timeout: 600_000, interval: 500 }).toBe(18);
    const tasks = await server.as("agents-tasks");
    const js = await jetstreamManager(await server.as("agents-queue"));
    const chains = new Map<number, string>();
    for (let i = 1; i <= 18; i += 1) {
      const chain = String(i).padStart(32, "0");
      const head = headers();
      head.set("traceparent", `00-${chain}-0000000000000001-01`);
      const { seq } = await jetstream(tasks).publish(
        `agents.task.work.${i}`,
        JSON.stringify({ say: `task ${i}`, steps: 12 }),
        { headers: head, msgID: `task-${i}` },
      );
      chains.set(seq, chain);
    }
    const began = Date.now();
    /** When each task's result was kept. */
    const finishedAt = new Map<number, number>();
    tasks.subscribe("agents.done.work.*", {
      callback: (_, { subject }) => {
        const id = Number(subject.split(".").at(-1));
        if (!finishedAt.has(id)) finishedAt.set(id, (Date.now() - began) / 1000);
      },
    });
    await tasks.flush();
    let most = 0;
    const pending = async () => {
      const info = await js.consumers.info("AGENTS", "work");
      most = Math.max(most, info.num_ack_pending);
      return info;
    };
    await expect
      .poll(async () => (await pending()).num_ack_pending, { timeout: 120_000, interval: 200 })
      .toBe(turns);
    const killed = [...holding()].slice(0, 3).map(([agent, id]) => ({ agent, id, at: Date.now() }));
    expect(killed).toHaveLength(3);
    for (const { agent } of killed) running.get(agent)?.kill("SIGKILL");
    await expect
      .poll(
        async () => {
          await pending();
          return (await js.streams.info("AGENTS_DONE")).state.messages;
        },
        { timeout: 500_000, interval: 250 },
      )
      .toBe(18);
    const all = ((Date.now() - began) / 1000).toFixed(0);
    const anew = killed.map(({ id, at }) => {
      const again = lines.find((line) => line.what === "took" && line.id === id && line.at > at);
      return ((again?.at ?? Infinity) - at) / 1000;
    });
    const refused = first.counts.refused + second.counts.refused;
    const times = [...finishedAt.values()].sort((a, b) => a - b);
    const median = ((times[8] ?? 0) + (times[9] ?? 0)) / 2;
    const last = times.at(-1) ?? Infinity;
    const ofLimit = (fake: Fake, of: "tokens" | "requests", name: keyof typeof limits) =>
      `| ${of} of account ${name} in a minute that slides, of ${limits[name][of]} | ${fake.counts.minute[of]} |`;
    console.log(
      [
        "| What | Figure |",
        "| --- | --- |",
        `| tasks done | ${finishedAt.size} of 18 in ${all} s |`,
        `| a task is done after, median and last | ${median.toFixed(0)}, ${last.toFixed(0)} s |`,
        `| what killed agents had, given out again after | ${anew.map((s) => s.toFixed(1)).join(", ")} s |`,
        `| most at once, of ${turns} turns | ${most} |`,
        ofLimit(first, "tokens", "first"),
        ofLimit(first, "requests", "first"),
        ofLimit(second, "tokens", "second"),
        ofLimit(second, "requests", "second"),
        `| answers of 429 by the accounts | ${refused} |`,
        `| times that an agent waited for the gateway | ${lines.filter(({ what }) => what === "waits").length} |`,
        `| answers by first and second | ${first.counts.answers}, ${second.counts.answers} |`,
      ].join("\n"),
    );
    expect(finishedAt.size).toBe(18);
    expect(most).toBeLessThanOrEqual(turns);
    expect(Math.max(...anew)).toBeLessThan(15);
    expect(refused).toBe(0);
    expect(last).toBeLessThanOrEqual(2 * median);
    for (const [fake, limit] of [
      [first, limits.first],
      [second, limits.second],
    ] as const) {
      expect(fake.counts.minute.tokens).toBeLessThanOrEqual(limit.tokens);
      expect(fake.counts.minute.requests).toBeLessThanOrEqual(limit.requests);
    }
    const finished = lines.filter(({ what }) => what === "done");
    expect(new Set(finished.map(({ id }) => id)).size).toBe(finished.length);
    for (const { id, correlation_id } of finished) expect(correlation_id).toBe(chains.get(id));
    // From the task to the tokens.
    const logged = gateway.log("inference");
    for (const chain of chains.values()) expect(logged).toContain(`"correlation_id": "${chain}"`);
  });

  it("lets an agent read and do nothing of another pool's", async () => {
    const tasks = await server.as("agents-tasks");
    await jetstream(tasks).publish("agents.task.other.1", "another's secret", { msgID: "other-1" });
    const agent = await server.as("agents-work");
    const inbox = inboxOf("agents-work");
    const refused: string[] = [];
    void (async () => {
      for await (const status of agent.status())
        if (status.type === "error") refused.push(status.error.message);
    })();
    // What it may ask for is answered by nobody, and said to be refused.
    const asked = [
      "$JS.API.STREAM.MSG.GET.AGENTS",
      "$JS.API.DIRECT.GET.AGENTS",
      "$JS.API.STREAM.INFO.AGENTS",
      "$JS.API.STREAM.PURGE.AGENTS",
      "$JS.API.STREAM.DELETE.AGENTS",
      "$JS.API.STREAM.CREATE.MINE",
      "$JS.API.STREAM.SNAPSHOT.AGENTS",
      "$JS.API.CONSUMER.CREATE.AGENTS.mine",
      "$JS.API.CONSUMER.CREATE.AGENTS.mine.agents.task.other.1",
      "$JS.API.CONSUMER.DURABLE.CREATE.AGENTS.mine",
      "$JS.API.CONSUMER.LIST.AGENTS",
      "$JS.API.CONSUMER.INFO.AGENTS.other",
      "$JS.API.CONSUMER.MSG.NEXT.AGENTS.other",
      "$JS.API.CONSUMER.DELETE.AGENTS.work",
      "$JS.API.STREAM.MSG.GET.AGENTS_DONE",
      "$JS.API.CONSUMER.CREATE.AGENTS_DONE.mine",
      "$JS.ACK.AGENTS.other.1.1.1.1.1",
      "agents.task.work.1",
      "agents.task.other.1",
      "agents.done.other.1",
      "agents.alive.other.1",
      "_INBOX_agents-other.1",
      "$SYS.REQ.SERVER.PING",
    ];
    for (const subject of asked) agent.publish(subject, "{}", { reply: `${inbox}.answer` });
    const listened = [
      ">",
      "agents.>",
      "agents.task.other.>",
      "agents.done.>",
      "_INBOX.>",
      "_INBOX_agents-other.>",
    ];
    const heard: string[] = [];
    for (const subject of [`${inbox}.answer`, ...listened])
      agent.subscribe(subject, {
        callback: (error, { subject: of }) => {
          if (error === null) heard.push(of);
        },
      });
    await agent.flush();
    await expect
      .poll(() => refused.length, { timeout: 30_000 })
      .toBeGreaterThanOrEqual(asked.length + listened.length);
    expect(heard).toEqual([]);
    // Nor does its key open another's model, or tell what there is.
    const ask = async (path: string, body?: object) =>
      fetch(`${gateway.url}${path}`, {
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
        headers: {
          authorization: `Bearer ${gateway.key("agents-work")}`,
          "content-type": "application/json",
        },
      });
    expect((await ask("/v1/chat/completions", { model: "private", messages: [] })).status).toBe(403);
    expect(await (await ask("/v1/models")).text()).not.toContain("private");
  });

  it("is told of to Prometheus: what waits in each pool, and what no agent gets any more, by the real server's figures", async () => {
    await jetstream(await server.as("agents-tasks")).publish("agents.task.other.2", "{}", {
      msgID: "other-2",
    });
    const { num_pending } = await (
      await jetstreamManager(await server.as("agents-queue"))
    ).consumers.info("AGENTS", "other");
    expect(num_pending).toBeGreaterThan(0);
    const script = join(folder, "watch.sh");
    for (const { path, content } of watchScripts(folder)) writeFileSync(path, content, { mode: 0o755 });
    const written = () => {
      execFileSync(script, [String(server.monitorPort), folder, folder, "AGENTS", join(folder, "no-pods")]);
      return readFileSync(join(folder, "homelab_agents.prom"), "utf8");
    };
    expect(written()).toContain(`homelab_agents_waiting{pool="other"} ${num_pending}\n`);
    expect(written()).toContain('homelab_agents_waiting{pool="work"} 0\n');
    expect(written()).toContain("homelab_agents_stranded 0\n");
    // An agent that cannot do its task gives it back until its last try, and asks for another one.
    const queue = await jetstream(await server.as("agents-other")).consumers.get("AGENTS", "other");
    for (let tries = 0; tries < 6; tries += 1) (await queue.next())?.nak();
    await expect.poll(written, { timeout: 20_000 }).toContain("homelab_agents_stranded 1\n");
  });
});
