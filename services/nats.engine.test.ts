import { spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../tests/support/ports";
import { programsOf } from "../tests/support/programs";
import { loadTopology } from "../topology";
import { natsAccounts, natsConfig } from "./nats";
import { secretName, services } from ".";

const passwords = { agent: "agent-s-password", worker: "worker-s-password", backup: "backup-s-password" };
const folder = mkdtempSync(join(tmpdir(), "homelab-nats-"));
const open: NatsConnection[] = [];
let server: ChildProcess | undefined;
let settings: ReturnType<typeof services.nats.settings.parse>;

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
    settings = {
      ...services.nats.settings.parse({
        enabled: true,
        ...{ port: await freePort(), monitorPort: await freePort() },
        users: {
          agent: { publish: [">"], subscribe: [">"] },
          worker: { publish: ["results.>"], subscribe: ["tasks.>", "_INBOX.>"] },
        },
      }),
      backupDirectory: join(folder, "backup"),
    };
    for (const path of ["etc/nats", "run/secrets", "data", "backup", "bin"])
      mkdirSync(join(folder, path), { recursive: true });
    const config = natsConfig(settings, "desktop").replace('"/data"', JSON.stringify(join(folder, "data")));
    writeFileSync(join(folder, "etc/nats/nats.conf"), config);
    writeFileSync(
      join(folder, "run/secrets", secretName("nats", "accounts")),
      natsAccounts(settings, { passwords, storage: { dsns: {}, s3Endpoint: "", s3: {} } }),
    );
    const topology = loadTopology(join(__dirname, "../tests/fixtures/topology.yaml"));
    const run = services.nats.quadlet?.(settings, { node: topology.nodes.desktop, topology });
    writeFileSync(join(folder, "dump"), run?.dump ?? "");
    writeFileSync(
      join(folder, "bin/podman"),
      `#!/bin/bash\n[ "\${@: -1}" = homelab-nats-backup ] && echo ${passwords.backup}\n`,
    );
    for (const program of ["dump", "bin/podman"]) chmodSync(join(folder, program), 0o755);
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

  /** The script that the backup of the node's files runs before it. */
  const dump = (...args: string[]) =>
    new Promise<{ code: number | null; said: string }>((resolve, reject) => {
      const begun = spawn(join(folder, "dump"), args, {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, PATH: `${join(folder, "bin")}:${process.env.PATH ?? ""}` },
      });
      let said = "";
      for (const stream of [begun.stdout, begun.stderr])
        stream.on("data", (data: Buffer) => (said += data.toString()));
      begun.once("error", reject);
      begun.once("close", (code) => {
        resolve({ code, said });
      });
    });
  const backup = (name: string) => join(folder, "backup", name);

  it("has every stream backed up as it was at one moment, while others publish, and consumers with it", async () => {
    const client = await as("agent");
    const manager = await jetstreamManager(client);
    await manager.streams.add({ name: "BUSY", subjects: ["busy.>"] });
    await manager.streams.add({ name: "EMPTY", subjects: ["empty.>"] });
    await manager.consumers.add("BUSY", { durable_name: "reader", ack_policy: AckPolicy.Explicit });
    const stream = jetstream(client);
    const large = "x".repeat(20_000);
    for (let i = 0; i < 100; i += 1) await stream.publish(`busy.${i}`, `${i} ${large}`);
    const [first] = [await (await stream.consumers.get("BUSY", "reader")).next()];
    await first?.ackAck();
    const over = new AbortController();
    const patient = { timeout: 60_000 };
    const publishing = (async () => {
      for (let i = 100; !over.signal.aborted; i += 1) await stream.publish(`busy.${i}`, String(i), patient);
    })();
    const { code, said } = await dump();
    over.abort();
    await publishing;
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(/^BUSY: [1-9]\d{2,} messages\nEMPTY: 0 messages\n/m),
    ]);
    expect(readdirSync(backup("streams")).sort()).toEqual(["BUSY", "EMPTY", "KEPT"]);
    // A second one takes the place of the first as a whole.
    expect((await dump()).code).toBe(0);
    expect(readdirSync(backup(".")).sort()).toEqual(["streams"]);
  });

  it("keeps the backup that it has when a new one breaks off, and says why", async () => {
    const before = readFileSync(backup("streams/KEPT/backup.json"), "utf8");
    await kill();
    const { code, said } = await dump();
    expect(code).not.toBe(0);
    expect(said).toMatch(/^NATS does not answer on port/m);
    expect(readFileSync(backup("streams/KEPT/backup.json"), "utf8")).toBe(before);
    expect(existsSync(backup("streams/BUSY/stream.tar.s2"))).toBe(true);
  });

  it("has them all again from the backup, on a disk that is empty, and overwrites none that is there", async () => {
    rmSync(join(folder, "data"), { recursive: true });
    mkdirSync(join(folder, "data"));
    start();
    const client = await as("agent");
    const manager = await jetstreamManager(client);
    await manager.streams.add({ name: "EMPTY", subjects: ["empty.>"] });
    await jetstream(client).publish("empty.new", "made since");
    const { code, said } = await dump("restore");
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(
        /^BUSY: [1-9]\d{2,} messages\nEMPTY: is there, and is left as it is\nKEPT: 20 messages\n$/,
      ),
    ]);
    const kept = await manager.streams.info("KEPT");
    expect([kept.state.messages, kept.state.last_seq]).toEqual([20, 20]);
    expect((await manager.streams.getMessage("KEPT", { seq: 20 }))?.string()).toBe("19");
    expect((await manager.streams.getMessage("BUSY", { seq: 100 }))?.string()).toMatch(/^99 x{20000}$/);
    expect((await manager.consumers.info("BUSY", "reader")).ack_floor.stream_seq).toBe(1);
    expect((await manager.streams.info("EMPTY")).state.messages).toBe(1);
    expect((await dump("restore")).said).toMatch(/^KEPT: is there/m);
  });

  it("gives the backup's user no way to read, change or delete anything", async () => {
    const thief = await as("backup");
    const answered = async (subject: string) => {
      const refused = new Promise<string>((resolve) => {
        void (async () => {
          for await (const status of thief.status())
            if (status.type === "error") resolve(status.error.message);
        })();
      });
      const reply = thief.request(subject, "", { timeout: 3000 }).then(
        () => "answered",
        () => refused,
      );
      return await Promise.race([refused, reply]);
    };
    for (const subject of ["$JS.API.STREAM.DELETE.KEPT", "$JS.API.STREAM.MSG.GET.KEPT", "kept.x"])
      expect(await answered(subject)).toMatch(/permissions violation/i);
  });
});
