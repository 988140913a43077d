import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { queues } from "../../provider/handlers/nats/queues";
import { inboxOf } from "../../services/agents-settings";
import { NatsServer, passwordOf } from "../support/nats-server";
import { pythonProgram } from "./gateway";

const root = join(__dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "homelab-agents-schedule-"));
const pool = { image: "localhost/agent:1", schedule: { at: "Mon 20:00" }, replicas: 1, turns: 1 };
let server: NatsServer;

beforeAll(async () => {
  server = await NatsServer.start({ pools: { night: pool } });
  await queues.apply(
    {
      connection: { node: "desktop", host: "127.0.0.1", port: 1, user: "root", hostKey: "ssh-ed25519 AAAA" },
      ...{ server: server.address, stream: "AGENTS", user: "agents-queue" },
      password: passwordOf("agents-queue"),
      pools: { night: { turns: 1, aliveSeconds: 10, tries: 5 } },
    },
    { log: { info: () => undefined, warn: () => undefined }, signal: new AbortController().signal },
    undefined,
  );
  const opens = {
    url: `nats://${server.address}`,
    user: "agents-night",
    password: passwordOf("agents-night"),
  };
  writeFileSync(join(folder, "nats-password.json"), JSON.stringify(opens));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

it.each([
  ["TypeScript", [process.execPath, "--import", "tsx", join(root, "examples/agents/agent.ts")]],
  ["Python", [pythonProgram, join(root, "examples/agents/agent.py")]],
])(
  "an agent in %s that has a schedule does what waits, and ends when no more comes",
  async (name, command) => {
    // No step asks a model.
    await jetstream(await server.as("agents-tasks")).publish("agents.task.night.one", '{"steps":0}', {
      msgID: name,
    });
    const [program = "", ...arguments_] = command;
    const child = spawn(program, arguments_, {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        ...{ PATH: process.env.PATH, HOME: folder, AGENT_SECRETS: folder, AGENT_NAME: name },
        ...{ AGENT_POOL: "night", AGENT_STREAM: "AGENTS", AGENT_INBOX: inboxOf("agents-night") },
        ...{ AGENT_ALIVE_SECONDS: "10", AGENT_TRIES: "5", AGENT_IDLE_SECONDS: "6" },
      },
    });
    let said = "";
    child.stdout.on("data", (part: Buffer) => {
      said += part.toString();
    });
    const [code] = (await once(child, "exit")) as [number | null];
    expect(code).toBe(0);
    expect(said).toMatch(/"what": ?"done"/);
  },
);
