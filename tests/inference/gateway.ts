import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../support/ports";
import { house } from "../../power/testing";
import { quadletsOn } from "../../services";
import { loadSettings } from "../../settings";
import type { SecretSources } from "../../services";

/** Where LiteLLM, HAProxy and Valkey are; `lab/inference programs` prints it. */
const programs = process.env.INFERENCE_PROGRAMS ?? "";

/** The Python that has what examples/agents/agent.py needs. */
export const pythonProgram = join(programs, "python");

type Part = "inference-store" | "inference" | "inference-door";

/** What is not as it is in the house. */
interface Other {
  /** What LiteLLM is told instead, for what no setting may say. */
  readonly changed?: (config: string) => string;
  /** Certificates that are vouched for, PEM. @default none */
  readonly authorities?: string;
}

/** The gateway as services/inference.ts renders it, as programs on loopback: each with its files, secrets and arguments. */
export class Gateway {
  readonly passwords: Record<Part, Record<string, string>> = {
    "inference-store": {},
    inference: {},
    "inference-door": {},
  };
  private readonly folder = mkdtempSync(join(tmpdir(), "homelab-inference-"));
  private readonly running = new Map<Part, ChildProcess>();

  private constructor(
    private readonly settings: ReturnType<typeof loadSettings<"desktop">>,
    readonly port: number,
    private readonly other: Other,
  ) {}

  /** @param given `homelab:inference` */
  static async start(given: object, other: Other = {}): Promise<Gateway> {
    const ports = {
      ...{ port: await freePort(), metricsPort: await freePort(), routerPort: await freePort() },
      ...{ backendPort: await freePort(), storePort: await freePort() },
    };
    const settings = loadSettings(
      "desktop",
      { "homelab:inference": JSON.stringify({ enabled: true, ...ports, ...given }) },
      { home: "/nowhere", exists: () => false },
    );
    const gateway = new Gateway(settings, ports.port, other);
    for (const part of ["inference-store", "inference", "inference-door"] as const) gateway.run(part);
    try {
      await gateway.ready();
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  key(client: string): string {
    return this.passwords.inference[client] ?? "";
  }

  /** What a part has written, logs above all. */
  log(part: Part): string {
    return readFileSync(join(this.folder, `${part}.log`), "utf8");
  }

  /** Tokens that LiteLLM has logged for these chains. */
  tokensOf(chains: ReadonlySet<string>): number {
    const lines = this.log("inference")
      .split("\n")
      .filter((line) => line.startsWith('{"correlation_id"'));
    return lines
      .map((line) => JSON.parse(line) as { correlation_id: string; status: string } & Record<string, number>)
      .filter(({ correlation_id, status }) => status === "ok" && chains.has(correlation_id))
      .reduce((sum, line) => sum + (line.prompt_tokens ?? 0) + (line.completion_tokens ?? 0), 0);
  }

  /** Dollars that the store has for a model's first place. */
  async spent(model: string): Promise<number> {
    const account = this.settings.inference.models[model]?.[0]?.account ?? "";
    const socket = connect(this.settings.inference.storePort, "127.0.0.1");
    try {
      socket.write(
        `AUTH ${this.passwords["inference-store"].store ?? ""}\r\nKEYS deployment_spend:${account}/*\r\n`,
      );
      const read = async () => String(((await once(socket, "data")) as [Buffer])[0]);
      let text = "";
      while (!/\*\d+\r\n(\$\d+\r\n.*\r\n)*$/.test(text)) text += await read();
      const key = /deployment_spend:\S+/.exec(text)?.[0];
      if (key === undefined) return 0;
      socket.write(`GET ${key}\r\n`);
      return Number((await read()).split("\r\n")[1] ?? 0);
    } finally {
      socket.destroy();
    }
  }

  async ready(): Promise<void> {
    const until = Date.now() + 900_000;
    for (;;) {
      const url = `http://127.0.0.1:${this.settings.inference.routerPort}/health/liveliness`;
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok === true) return;
      const ended = [...this.running].find(([, { exitCode }]) => exitCode !== null)?.[0];
      if (Date.now() > until || ended !== undefined) {
        const part = ended ?? "inference";
        throw new Error(`${part} did not come up:\n${this.log(part).slice(-3000)}`);
      }
      await new Promise((done) => setTimeout(done, 250));
    }
  }

  async kill(part: Part, signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.running.get(part);
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    for (const part of [...this.running.keys()]) await this.kill(part);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts a part; its paths in the container are below a folder here. */
  run(part: Part): void {
    const found = quadletsOn({ node: house.nodes.desktop, topology: house }, this.settings).find(
      ({ name }) => name === part,
    );
    if (found === undefined) throw new Error(`${part} is off`);
    const { run, service, own } = found;
    const at = (path: string) => join(this.folder, part, path);
    for (const key of service.passwords?.(own) ?? [])
      this.passwords[part][key] ??= `sk-${part}-${key}-password`;
    const given: SecretSources = {
      storage: { dsns: {}, s3Endpoint: "", s3: {} },
      passwords: this.passwords[part],
      services: this.passwords,
    };
    const made = Object.entries(service.secrets?.(own) ?? {}).map(
      ([key, of]) => [key, this.other.changed?.(of(given)) ?? of(given)] as const,
    );
    const secrets = Object.fromEntries(
      [...Object.entries(this.passwords[part]), ...made].map(([key, value]) => [
        `homelab-${part}-${key}`,
        value,
      ]),
    );
    mkdirSync(at("run/secrets"), { recursive: true });
    mkdirSync(at("data"), { recursive: true });
    const here = (text: string) =>
      text
        .replaceAll("/run/secrets", at("run/secrets"))
        .replaceAll("dir /data", `dir ${at("data")}`)
        .replaceAll("/etc/", `${at("etc")}/`);
    const environment: Record<string, string> = { ...run.container.environment };
    for (const secret of run.container.secrets ?? []) {
      const value = secrets[secret.name] ?? "";
      if (secret.variable !== undefined) environment[secret.variable] = value;
      else {
        const path = at(secret.target ?? `run/secrets/${secret.name}`);
        mkdirSync(join(path, ".."), { recursive: true });
        writeFileSync(path, value, { mode: 0o600 });
      }
    }
    for (const file of run.files ?? []) {
      mkdirSync(join(at(file.at), ".."), { recursive: true });
      writeFileSync(at(file.at), here(file.content));
    }
    if (this.other.authorities !== undefined) {
      mkdirSync(at("etc/ssl/certs"), { recursive: true });
      writeFileSync(at("etc/ssl/certs/ca-certificates.crt"), this.other.authorities);
    }
    const arguments_ = (run.container.exec ?? []).map(here);
    const [program = "", ...rest] = part === "inference" ? ["litellm", ...arguments_] : arguments_;
    const log = createWriteStream(join(this.folder, `${part}.log`), { flags: "a" });
    const child = spawn(join(programs, program), rest, {
      env: { PATH: process.env.PATH, HOME: this.folder, ...environment },
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    this.running.set(part, child);
  }
}
