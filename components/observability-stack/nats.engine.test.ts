import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../tests/support/ports";
import { programsOf } from "../../tests/support/programs";

/** The real server, read by scripts/node.sh. */
const folder = mkdtempSync(join(tmpdir(), "homelab-nats-figures-"));
let server: ChildProcess | undefined;
let ports = { clients: 0, monitor: 0 };

beforeAll(async () => {
  ports = { clients: await freePort(), monitor: await freePort() };
  const config = `host: 127.0.0.1\nport: ${ports.clients}\nhttp: "127.0.0.1:${ports.monitor}"\njetstream { store_dir: "${folder}/data", max_file_store: 1GB, max_memory_store: 64MB }\n`;
  writeFileSync(join(folder, "nats.conf"), config);
  const program = join(programsOf("nats", "nats-server"), "nats-server");
  server = spawn(program, ["--config", join(folder, "nats.conf")], { stdio: "ignore" });
});
afterAll(async () => {
  const ended = new Promise((done) => server?.once("exit", done));
  if (server?.kill("SIGKILL") === true) await ended;
  rmSync(folder, { recursive: true, force: true });
});

function metrics(): string {
  mkdirSync(join(folder, "state"), { recursive: true });
  writeFileSync(join(folder, "config"), `nats\t${ports.monitor}\n`);
  const { status, stderr } = spawnSync(
    "bash",
    [join(__dirname, "scripts/node.sh"), join(folder, "out"), join(folder, "config")],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        ...{ HOMELAB_STATE: join(folder, "state"), HOMELAB_CACHE: join(folder, "cache") },
      },
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return readFileSync(join(folder, "out/homelab_node.prom"), "utf8");
}

describe("what NATS tells of itself", () => {
  it("is its load, its room, each stream, and what waits for each of its readers", async () => {
    const open = await connect({
      servers: `127.0.0.1:${ports.clients}`,
      ...{ maxReconnectAttempts: -1, reconnectTimeWait: 100, waitOnFirstConnect: true },
    });
    const streams = await jetstreamManager(open);
    await streams.streams.add({ name: "TASKS", subjects: ["tasks.>"] });
    await streams.streams.add({ name: "RESULTS", subjects: ["results.>"] });
    await streams.consumers.add("TASKS", { durable_name: "scout", ack_policy: AckPolicy.Explicit });
    for (let each = 0; each < 5; each++) await jetstream(open).publish("tasks.new", "look");
    const reader = await jetstream(open).consumers.get("TASKS", "scout");
    for await (const taken of await reader.fetch({ max_messages: 2, expires: 2000 })) taken.working();
    await open.flush();
    const text = metrics();
    await open.close();
    expect(text).toContain("homelab_nats_up 1\n");
    expect(text).toContain('homelab_nats_stream_messages{stream="TASKS"} 5\n');
    expect(text).toContain('homelab_nats_stream_messages{stream="RESULTS"} 0\n');
    expect(text).toContain('homelab_nats_consumer_waiting{stream="TASKS",consumer="scout"} 3\n');
    expect(text).toContain('homelab_nats_consumer_taken{stream="TASKS",consumer="scout"} 2\n');
    expect(text).toContain("homelab_nats_store_limit_bytes 1073741824\n");
    expect(text).toMatch(/^homelab_nats_store_bytes [1-9]\d*$/m);
    expect(text).toMatch(/^homelab_nats_connections 1$/m);
    expect(text).toMatch(/^homelab_nats_messages_total\{way="in"\} [1-9]\d*$/m);
    expect(text).toMatch(/^# TYPE homelab_nats_messages_total counter$/m);
    // A series is begun once, or the exporter refuses the whole file.
    const begun = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(begun).size).toBe(begun.length);
  });

  it("is that it does not answer, and nothing else", async () => {
    const ended = new Promise((done) => server?.once("exit", done));
    server?.kill("SIGKILL");
    await ended;
    const text = metrics();
    expect(text).toContain("homelab_nats_up 0\n");
    expect(text).not.toContain("homelab_nats_stream");
  });
});
