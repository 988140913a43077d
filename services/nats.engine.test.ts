import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programsOf } from "../tests/support/programs";
import { natsAccounts, natsConfig } from "./nats";
import { secretName, services } from ".";

const passwords = { agent: "agent-s-password", worker: "worker-s-password" };
const folder = mkdtempSync(join(tmpdir(), "homelab-nats-"));
const open: NatsConnection[] = [];
let server: ChildProcess | undefined;
let settings: ReturnType<typeof services.nats.settings.parse>;

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  const address = listener.address();
  await new Promise((done) => listener.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function start(): void {
  const program = join(programsOf("nats", "nats-server"), "nats-server");
  server = spawn(program, ["--config", join(folder, "etc/nats/nats.conf")], { stdio: "ignore" });
}

async function kill(): Promise<void> {
  const ended = new Promise((done) => server?.once("exit", done));
  server?.kill("SIGKILL");
  await ended;
}

async function as(user: string, pass = passwords[user as keyof typeof passwords]): Promise<NatsConnection> {
  const made = await connect({
    servers: `127.0.0.1:${settings.port}`,
    ...{ user, pass, maxReconnectAttempts: -1, reconnectTimeWait: 100, waitOnFirstConnect: true },
  });
  open.push(made);
  return made;
}

/** The real server with what services/nats.ts renders; its paths are below a folder here. */
describe("nats-server, as it is configured", () => {
  beforeAll(async () => {
    settings = services.nats.settings.parse({
      enabled: true,
      ...{ port: await freePort(), monitorPort: await freePort() },
      users: {
        agent: { publish: [">"], subscribe: [">"] },
        worker: { publish: ["results.>"], subscribe: ["tasks.>", "_INBOX.>"] },
      },
    });
    for (const path of ["etc/nats", "run/secrets", "data"])
      mkdirSync(join(folder, path), { recursive: true });
    const config = natsConfig(settings, "desktop").replace('"/data"', JSON.stringify(join(folder, "data")));
    writeFileSync(join(folder, "etc/nats/nats.conf"), config);
    writeFileSync(
      join(folder, "run/secrets", secretName("nats", "accounts")),
      natsAccounts(settings, { passwords, storage: { dsns: {}, s3Endpoint: "", s3: {} } }),
    );
    start();
  });
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    await kill();
    rmSync(folder, { recursive: true });
  });

  it("is healthy, and says no more to others than that", async () => {
    await as("agent");
    const { ok } = await fetch(`http://127.0.0.1:${settings.monitorPort}/healthz`);
    expect(ok).toBe(true);
  });

  it("answers one user what another asks", async () => {
    const [asks, answers] = [await as("agent"), await as("agent")];
    answers.subscribe("lab.echo", {
      callback: (_, message) => {
        message.respond(message.data);
      },
    });
    await answers.flush();
    expect((await asks.request("lab.echo", "hello", { timeout: 5000 })).string()).toBe("hello");
  });

  it("refuses a stranger", async () => {
    const stranger = connect({ servers: `127.0.0.1:${settings.port}`, user: "agent", pass: "wrong" });
    await expect(stranger).rejects.toThrow(/authorization violation/i);
  });

  it.each([
    ["publish", "tasks.new"],
    ["subscribe", "results.>"],
  ] as const)("refuses a user to %s %s, which it has no right to", async (what, subject) => {
    const worker = await as("worker");
    const refused = new Promise<string>((resolve) => {
      void (async () => {
        for await (const status of worker.status()) {
          if (status.type === "error") resolve(status.error.message);
        }
      })();
    });
    if (what === "publish") worker.publish(subject, "mine");
    else worker.subscribe(subject, { callback: () => undefined });
    expect(await refused).toMatch(/permissions violation for (publish|subscription)/i);
  });

  it("has what it acknowledged when it is killed and comes again", async () => {
    const client = await as("agent");
    const manager = await jetstreamManager(client);
    await manager.streams.add({ name: "KEPT", subjects: ["kept.>"] });
    const stream = jetstream(client);
    for (let i = 0; i < 20; i += 1) await stream.publish(`kept.${i}`, String(i));
    await kill();
    start();
    const messages = async () =>
      (await manager.streams.info("KEPT").catch(() => undefined))?.state.messages ?? -1;
    await expect.poll(messages, { timeout: 60_000, interval: 200 }).toBe(20);
  });
});
