/**
 * An agent of a pool, as docs/agents.md says: takes a task, says that it lives, asks the gateway, finishes or fails.
 * Replace `work`; the rest is the protocol.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream, type Consumer, type JsMsg } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";

interface Opens {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** What each line of its log says. */
interface About {
  readonly correlation_id: string;
  readonly agent: string;
  readonly task: string;
  readonly id: number;
  readonly try: number;
}

const env = (name: string, otherwise?: string): string => {
  const value = process.env[name] ?? otherwise;
  if (value === undefined) throw new Error(`${name} is not set: an agent is started by homelab:agents.`);
  return value;
};
const secret = (name: string): Opens =>
  JSON.parse(readFileSync(join(env("AGENT_SECRETS", "/run/secrets"), name), "utf8")) as Opens;
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const pool = env("AGENT_POOL");
const agent = env("AGENT_NAME");
const aliveMs = Number(env("AGENT_ALIVE_SECONDS")) * 1000;
const tries = Number(env("AGENT_TRIES"));
/** Of a pool with a schedule: how long without a task until this agent ends. */
const idleMs = Number(env("AGENT_IDLE_SECONDS", "Infinity")) * 1000;

/** The id of the chain that the task belongs to. */
const chainOf = (traceparent?: string): string =>
  /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? "")?.[1] ?? randomBytes(16).toString("hex");

/** Asks the gateway, and comes again when it is told to: after Retry-After, or after longer and longer. */
async function complete(about: About, messages: readonly object[], options: object = {}): Promise<string> {
  const { correlation_id: chain } = about;
  const { url, password } = secret("inference-key.json");
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${password}`,
        traceparent: `00-${chain}-${randomBytes(8).toString("hex")}-01`,
      },
      body: JSON.stringify({ model: env("AGENT_MODEL"), messages, ...options }),
    }).catch(() => undefined);
    if (response?.ok === true) {
      const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
      return choices[0]?.message.content ?? "";
    }
    const status = response?.status ?? 0;
    const again = status === 0 || status === 429 || status >= 500;
    if (!again || attempt >= 20)
      throw new Error(`The gateway answered ${status}: ${(await response?.text()) ?? "nothing"}`);
    const told = Number(response?.headers.get("retry-after") ?? 0) * 1000;
    // Not all at the same moment.
    const wait = Math.min(60_000, Math.max(told, 1000 * 2 ** Math.min(attempt, 4))) * (1 + Math.random() / 4);
    say({ ...about, what: "waits", for: "the gateway", status, seconds: Math.round(wait / 1000) });
    await sleep(wait);
  }
}

/** What this agent is for. What it does may be done twice, when it dies after it and before it said so. */
async function work(task: unknown, about: About): Promise<unknown> {
  const { say: words = "hello", steps = 1 } = (task ?? {}) as { say?: string; steps?: number };
  const said: string[] = [];
  for (let step = 0; step < steps; step += 1)
    said.push(await complete(about, [{ role: "user", content: words }], { max_tokens: 40 }));
  return { said };
}

async function take(nats: NatsConnection, message: JsMsg): Promise<void> {
  const chain = chainOf(message.headers?.get("traceparent"));
  const { streamSequence: id, deliveryCount: attempt } = message.info;
  const about: About = { correlation_id: chain, agent, task: message.subject, id, try: attempt };
  say({ ...about, what: "took" });
  const alive = setInterval(() => {
    message.working();
    nats.publish(`agents.alive.${pool}.${agent}`, JSON.stringify(about));
  }, aliveMs / 4);
  const tell = async (how: "done" | "failed", result: unknown) =>
    jetstream(nats).publish(`agents.${how}.${pool}.${id}`, JSON.stringify({ ...about, result }), {
      // Told twice, it is kept once.
      msgID: `${pool}-${id}`,
    });
  try {
    await tell("done", await work(message.data.length === 0 ? undefined : message.json(), about));
    await message.ackAck();
    say({ ...about, what: "done" });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (attempt >= tries) {
      await tell("failed", { reason });
      message.term(reason);
    } else message.nak(aliveMs);
    say({ ...about, what: attempt >= tries ? "failed" : "again", reason });
  } finally {
    clearInterval(alive);
  }
}

async function main(): Promise<void> {
  const { url, user, password: pass } = secret("nats-password.json");
  const nats = await connect({
    ...{ servers: url, user, pass, name: agent, inboxPrefix: env("AGENT_INBOX") },
    // The house may be restarted around it.
    ...{ maxReconnectAttempts: -1, waitOnFirstConnect: true },
  });
  const stop = new AbortController();
  // systemd's wish to stop: the task at hand is finished first.
  process.on("SIGTERM", () => {
    stop.abort();
  });
  let queue: Consumer | undefined;
  let busy = Date.now();
  while (!stop.signal.aborted && Date.now() - busy < idleMs) {
    try {
      queue ??= await jetstream(nats).consumers.get(env("AGENT_STREAM"), pool);
      const message = await queue.next({ expires: 5000 });
      if (message === null) continue;
      await take(nats, message);
      busy = Date.now();
    } catch (error) {
      queue = undefined;
      say({
        agent,
        what: "waits",
        for: "NATS",
        reason: error instanceof Error ? error.message : String(error),
      });
      await sleep(1000);
    }
  }
  await nats.drain();
}

void main();
