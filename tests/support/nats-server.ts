import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { inboxOf } from "../../services/agents-settings";
import { natsAccounts, natsConfig } from "../../services/nats";
import { secretName } from "../../services";
import { loadSettings } from "../../settings";
import { freePort } from "./ports";
import { programsOf } from "./programs";

export const passwordOf = (user: string): string => `password-of-${user}`;

/** The real nats-server with what services/nats.ts renders for a house with these pools; each user's password is its name. */
export class NatsServer {
  private readonly folder = mkdtempSync(join(tmpdir(), "homelab-nats-"));
  private readonly open: NatsConnection[] = [];
  private server: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    /** Of its own figures, on loopback. */
    readonly monitorPort: number,
  ) {}

  /**
   * @param agents `homelab:agents`, beside which NATS is on.
   * @param more of `homelab:nats`; and where its data is
   */
  static async start(
    agents: object,
    { data, ...more }: { data?: string; syncInterval?: string } = {},
  ): Promise<NatsServer> {
    const made = new NatsServer(await freePort(), await freePort());
    const { nats } = loadSettings(
      "desktop",
      {
        "homelab:nats": JSON.stringify({
          ...{ enabled: true, port: made.port, monitorPort: made.monitorPort },
          ...more,
        }),
        "homelab:agents": JSON.stringify(agents),
      },
      { home: "/nowhere", exists: () => false },
    );
    for (const path of ["etc/nats", "run/secrets", "data"])
      mkdirSync(join(made.folder, path), { recursive: true });
    writeFileSync(
      join(made.folder, "etc/nats/nats.conf"),
      natsConfig(nats, "desktop").replace('"/data"', JSON.stringify(data ?? join(made.folder, "data"))),
    );
    const passwords = Object.fromEntries(Object.keys(nats.users).map((name) => [name, passwordOf(name)]));
    writeFileSync(
      join(made.folder, "run/secrets", secretName("nats", "accounts")),
      natsAccounts(nats, { passwords, storage: { dsns: {}, s3Endpoint: "", s3: {} } }),
    );
    made.run();
    await made.as(Object.keys(nats.users)[0] ?? "");
    return made;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  run(): void {
    const program = join(programsOf("nats", "nats-server"), "nats-server");
    this.server = spawn(program, ["--config", join(this.folder, "etc/nats/nats.conf")], { stdio: "ignore" });
  }

  /** A connection of a user, with answers where only that user may read. */
  async as(user: string): Promise<NatsConnection> {
    const made = await connect({
      ...{ servers: this.address, user, pass: passwordOf(user), inboxPrefix: inboxOf(user) },
      ...{ maxReconnectAttempts: -1, reconnectTimeWait: 100, waitOnFirstConnect: true },
    });
    this.open.push(made);
    return made;
  }

  get pid(): number {
    return this.server?.pid ?? 0;
  }

  async kill(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    const ended = new Promise((done) => server.once("exit", done));
    // Who has ended by himself says so no more.
    if (server.exitCode !== null || server.signalCode !== null || !server.kill("SIGKILL")) return;
    await ended;
  }

  async stop(): Promise<void> {
    await Promise.all(this.open.map((one) => one.close()));
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}
