import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { rootUser } from "../../components/object-store";
import {
  identities,
  peerTexts,
  weedArguments,
  type Keyed,
  type WeedPlace,
} from "../../components/seaweed-node";
import type { S3Access } from "../../packages/s3";
import { seaweedfsSchema, type SeaweedfsSettings } from "../../services";
import { freePort } from "./ports";

const pins = join(__dirname, "../../lab/images/seaweedfs");

/** SeaweedFS of the lab's pins, built once: minutes. */
function weedProgram(): string {
  const hash = createHash("sha256")
    .update(readFileSync(join(pins, "go.sum")))
    .digest("hex")
    .slice(0, 16);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "homelab/tests");
  const file = join(cache, `weed-${hash}`);
  if (!existsSync(file)) {
    mkdirSync(cache, { recursive: true });
    const args = ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"];
    execFileSync("go", [...args, "-o", `${file}.new`, "github.com/seaweedfs/seaweedfs/weed"], {
      cwd: pins,
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "" },
    });
    renameSync(`${file}.new`, file);
  }
  return file;
}

/** A free port whose gRPC twin, 10000 higher, is free as a port number. */
async function lowPort(taken: Set<number>): Promise<number> {
  for (;;) {
    const port = await freePort();
    const low = port > 55_000 ? port - 20_000 : port;
    if (!taken.has(low) && !taken.has(low + 10_000)) {
      taken.add(low).add(low + 10_000);
      return low;
    }
  }
}

/** A real SeaweedFS on loopback, started with the arguments that the component renders. */
export class Weed {
  readonly user = rootUser;
  readonly password = "trial-root-password";
  readonly folder: string;
  private process: ChildProcess | undefined;
  private parts = { master: 0, volume: 0, filer: 0 };
  settings: SeaweedfsSettings = seaweedfsSchema.parse({});
  consumers: Readonly<Record<string, Keyed>> = {};
  versioned: readonly string[] = [];
  /** Of two that keep a copy each: its node, and the one whose master it follows, if not its own. */
  peer: { readonly node: string; readonly follows?: Weed; readonly required?: boolean } | undefined;

  constructor(folder?: string) {
    this.folder = folder ?? mkdtempSync(join(tmpdir(), "homelab-weed-"));
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.settings.apiPort}`;
  }
  get root(): S3Access {
    return { endpoint: this.endpoint, user: this.user, secret: this.password };
  }
  get volumePort(): number {
    return this.parts.volume;
  }
  get pid(): number {
    return this.process?.pid ?? 0;
  }
  get runs(): boolean {
    return this.process?.exitCode === null && this.process.signalCode === null;
  }
  get place() {
    const at = (port: number) => `127.0.0.1:${port}`;
    return {
      ...{ container: "seaweedfs", service: "seaweedfs.service" },
      ...{ master: at((this.peer?.follows ?? this).parts.master), filer: at(this.parts.filer) },
    };
  }

  /** As a unit starts it: with what the identities are now. */
  async start(): Promise<void> {
    if (this.parts.master === 0) {
      const taken = new Set<number>();
      this.parts = {
        ...{ master: await lowPort(taken), volume: await lowPort(taken), filer: await lowPort(taken) },
      };
      this.settings = seaweedfsSchema.parse({
        ...{ apiPort: await lowPort(taken), metricsPort: await lowPort(taken) },
        ...{ volumeSize: 64, minFreeSpace: "1GiB" },
      });
    }
    const data = join(this.folder, "data");
    mkdirSync(data, { recursive: true });
    const file = join(this.folder, "identities.json");
    const root = { user: this.user, secretKey: this.password };
    writeFileSync(file, identities(root, this.consumers, this.versioned), { mode: 0o600 });
    await this.startWith(file);
    await this.answers();
  }

  async startWith(identitiesFile: string): Promise<void> {
    const log = openSync(join(this.folder, "log"), "a");
    const place = { data: join(this.folder, "data"), identities: identitiesFile, serve: "127.0.0.1" };
    const args =
      this.peer === undefined ? weedArguments(this.settings, place, this.parts) : this.together(place);
    this.process = spawn(weedProgram(), args, {
      cwd: this.folder,
      stdio: ["ignore", log, log],
      env: { ...process.env, GOMEMLIMIT: "300MiB", TMPDIR: this.folder },
    });
    closeSync(log);
    await Promise.resolve();
  }

  /** With the files by which two know each other, and without waiting minutes for what the master does by itself. */
  private together(place: WeedPlace): string[] {
    const { follows, ...peer } = this.peer ?? { node: "" };
    const certificate = join(this.folder, "peer.pem");
    const texts = peerTexts("trial-peer-password", certificate, 1);
    writeFileSync(certificate, texts.certificate, { mode: 0o600 });
    writeFileSync(join(this.folder, "security.toml"), texts.security, { mode: 0o600 });
    writeFileSync(join(this.folder, "master.toml"), texts.master);
    const known = {
      ...peer,
      ...{ address: "127.0.0.1", other: "127.0.0.1" },
      ...(follows === undefined ? {} : { follows: follows.place.master }),
    };
    // It copies no volume from a loopback address otherwise.
    return [
      ...weedArguments(this.settings, place, this.parts, known),
      "-volume.allowUntrustedRemoteEndpoints",
    ];
  }

  /** Until S3 answers and a volume server has told the master of itself. */
  private async answers(): Promise<void> {
    const { master } = this.place;
    for (let attempt = 0; attempt < 1200; attempt++) {
      const ok = async (url: string, wanted: string) => {
        const answer = await fetch(url).catch(() => undefined);
        return answer?.ok === true && (await answer.text()).includes(wanted);
      };
      if (
        (await ok(`${this.endpoint}/healthz`, "")) &&
        (await ok(`http://${master}/dir/status`, '"DataNodes"'))
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`SeaweedFS does not answer: see ${this.folder}/log`);
  }

  /**
   * What `weed shell` says.
   * @param from folder in which it looks for a certificate
   * @throws when a command fails
   */
  async shell(commands: readonly string[], filer = this.place.filer, from = this.folder): Promise<string> {
    const { master } = this.place;
    const asked = promisify(execFile)(
      weedProgram(),
      ["-logtostderr=true", "shell", `-master=${master}`, `-filer=${filer}`],
      { cwd: from, encoding: "utf8", timeout: 60_000 },
    );
    asked.child.stdin?.end(`${commands.join("\n")}\n`);
    return (await asked).stdout;
  }

  /** How many volumes are on fewer nodes than they should be, as Prometheus is told. */
  async short(): Promise<number> {
    const figures = await (await fetch(`http://127.0.0.1:${this.settings.metricsPort}/metrics`)).text();
    const each = figures.matchAll(/^SeaweedFS_master_replica_placement_mismatch\{.*\} (\d+)$/gm);
    return [...each].reduce((sum, [, short = ""]) => sum + Number(short), 0);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const { process } = this;
    if (process === undefined || !this.runs) return;
    const gone = new Promise((resolve) => process.once("exit", resolve));
    process.kill(signal);
    await gone;
  }

  async restart(): Promise<void> {
    await this.kill("SIGTERM");
    await this.start();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
