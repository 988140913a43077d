import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { queues } from "../../provider/handlers/nats/queues";
import { NatsServer } from "../support/nats-server";
import { Fake } from "./fakes";
import { Gateway, pythonProgram } from "./gateway";

const agents = { pools: { work: { image: "localhost/agent:1", replicas: 18, turns: 8, models: ["chat"] } } };
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
const first = new Fake("first", { ms: 150, limits: { tokens: 6000, requests: 120 } });
const second = new Fake("second", { ms: 250, limits: { tokens: 12_000, requests: 240 } });
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
    else held.delete(agent);
  }
  return held;
}

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
        pools: { work: { turns: 8, aliveSeconds: 10, tries: 5 } },
      },
      { log: { info: () => undefined, warn: () => undefined }, signal: new AbortController().signal },
      undefined,
    );
    gateway = await Gateway.start({
      accounts: {
        first: { url: `${first.url}/v1`, apiKey: "one", tokensPerMinute: 6000, requestsPerMinute: 120 },
        second: { url: `${second.url}/v1`, apiKey: "two", tokensPerMinute: 12_000, requestsPerMinute: 240 },
      },
      backends: { house: { url: local.url } },
      models: {
        chat: [
          { backend: "house", model: "small" },
          { account: "first", model: "big", inputCost: 1, outputCost: 2 },
          { account: "second", model: "big", inputCost: 1, outputCost: 2 },
        ],
      },
      clients: { "agents-work": { models: ["chat"] } },
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
    let most = 0;
    const pending = async () => {
      const info = await js.consumers.info("AGENTS", "work");
      most = Math.max(most, info.num_ack_pending);
      return info;
    };
    await expect
      .poll(async () => (await pending()).num_ack_pending, { timeout: 120_000, interval: 200 })
      .toBe(8);
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
    console.log(
      [
        "| What | Figure |",
        "| --- | --- |",
        `| tasks done | 18 of 18 in ${all} s |`,
        `| most at once, of 8 turns | ${most} |`,
        `| what killed agents had, given anew after | ${anew.map((s) => s.toFixed(1)).join(", ")} s |`,
        `| answers of 429 by the accounts | ${refused} |`,
        `| answers by first and second | ${first.counts.answers}, ${second.counts.answers} |`,
      ].join("\n"),
    );
    expect(most).toBeLessThanOrEqual(8);
    expect(Math.max(...anew)).toBeLessThan(15);
    expect(refused).toBe(0);
    const finished = lines.filter(({ what }) => what === "done");
    expect(new Set(finished.map(({ id }) => id)).size).toBe(finished.length);
    for (const { id, correlation_id } of finished) expect(correlation_id).toBe(chains.get(id));
    // From the task to the tokens.
    const logged = gateway.log("inference");
    for (const chain of chains.values()) expect(logged).toContain(`"correlation_id": "${chain}"`);
  });
});
