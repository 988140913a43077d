import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { inboxOf } from "../../services/agents-settings";
import { natsAccounts, natsConfig } from "../../services/nats";
import { secretName } from "../../services";
import { loadSettings } from "../../settings";
import { programsOf } from "./programs";

export async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  const address = listener.address();
  await new Promise((done) => listener.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** The real nats-server with what services/nats.ts renders for a house with these pools; each user's password is its name. */
export class NatsServer {
  private readonly folder = mkdtempSync(join(tmpdir(), "homelab-nats-"));
  private readonly open: NatsConnection[] = [];
  private server: ChildProcess | undefined;

  private constructor(readonly port: number) {}

  /** @param agents `homelab:agents`, beside which NATS is on. */
  static async start(agents: object): Promise<NatsServer> {
    const made = new NatsServer(await freePort());
    const { nats } = loadSettings(
      "desktop",
      {
        "homelab:nats": JSON.stringify({ enabled: true, port: made.port, monitorPort: await freePort() }),
        "homelab:agents": JSON.stringify(agents),
      },
      { home: "/nowhere", exists: () => false },
    );
    for (const path of ["etc/nats", "run/secrets", "data"])
      mkdirSync(join(made.folder, path), { recursive: true });
    writeFileSync(
      join(made.folder, "etc/nats/nats.conf"),
      natsConfig(nats, "desktop").replace('"/data"', JSON.stringify(join(made.folder, "data"))),
    );
    const passwords = Object.fromEntries(
      Object.keys(nats.users).map((name) => [name, `password-of-${name}`]),
    );
    writeFileSync(
      join(made.folder, "run/secrets", secretName("nats", "accounts")),
      natsAccounts(nats, { passwords, storage: { dsns: {}, s3Endpoint: "", s3: {} } }),
    );
    made.run();
    await made.as("agents-tasks");
    return made;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  private run(): void {
    const program = join(programsOf("nats", "nats-server"), "nats-server");
    this.server = spawn(program, ["--config", join(this.folder, "etc/nats/nats.conf")], { stdio: "ignore" });
  }

  /** A connection of a user, with answers where only that user may read. */
  async as(user: string): Promise<NatsConnection> {
    const made = await connect({
      ...{ servers: this.address, user, pass: `password-of-${user}`, inboxPrefix: inboxOf(user) },
      ...{ maxReconnectAttempts: -1, reconnectTimeWait: 100, waitOnFirstConnect: true },
    });
    this.open.push(made);
    return made;
  }

  async stop(): Promise<void> {
    await Promise.all(this.open.map((one) => one.close()));
    const ended = new Promise((done) => this.server?.once("exit", done));
    this.server?.kill("SIGKILL");
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}
