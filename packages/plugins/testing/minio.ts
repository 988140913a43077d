import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";

import { freePort, listening } from "../../../tests/support/ports";
import { request } from "./s3";
import { root } from "./toolchain";

/** The MinIO server of the lab's pins, built once. */
function binary(): string {
  const pins = path.join(root, "lab/images/minio");
  const hash = createHash("sha256")
    .update(readFileSync(path.join(pins, "go.sum")))
    .digest("hex")
    .slice(0, 16);
  const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "homelab/tests");
  const file = path.join(cache, `minio-${hash}`);
  if (!existsSync(file)) {
    mkdirSync(cache, { recursive: true });
    const args = ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"];
    execFileSync("go", [...args, "-o", `${file}.new`, "github.com/minio/minio"], {
      cwd: pins,
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "" },
    });
    renameSync(`${file}.new`, file);
  }
  return file;
}

export interface MinioOptions {
  /** Where its data is. @default a folder of its own */
  readonly folder?: string;
  /** As `homelab:minio.syncWrites` has it; it syncs every file system of this computer. @default false */
  readonly syncWrites?: boolean;
}

/** A real MinIO server on loopback. */
export class Minio {
  readonly user = "trial-root";
  readonly password = "trial-root-password";
  private readonly folder: string;
  private process: ChildProcess | undefined;
  port = 0;

  constructor(private readonly options: MinioOptions = {}) {
    this.folder = options.folder ?? mkdtempSync(path.join(tmpdir(), "homelab-minio-"));
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  /** On the same port each time, with the data that is there. */
  async start(): Promise<void> {
    if (this.port === 0) this.port = await freePort();
    mkdirSync(this.folder, { recursive: true });
    this.process = spawn(
      binary(),
      ["server", "--quiet", "--address", `127.0.0.1:${this.port}`, this.folder],
      {
        env: {
          ...(this.options.syncWrites === true ? { MINIO_FS_OSYNC: "on" } : {}),
          ...process.env,
          MINIO_ROOT_USER: this.user,
          MINIO_ROOT_PASSWORD: this.password,
          MINIO_BROWSER: "off",
        },
        stdio: "ignore",
      },
    );
    await listening(this.port, 30);
    await this.ready();
  }

  /** It listens, and calls itself ready, a moment before it answers: until then it refuses what is asked. */
  private async ready(): Promise<void> {
    let refused: unknown;
    for (let attempt = 0; attempt < 600; attempt++) {
      try {
        await this.request("GET", "/");
        return;
      } catch (error) {
        refused = error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("MinIO does not answer after a minute", { cause: refused });
  }

  /** What somebody else does with the server. @throws with the server's answer when it refuses */
  async request(method: string, target: string, user = this.user, secret = this.password): Promise<string> {
    return request(method, new URL(target, `http://127.0.0.1:${this.port}`), user, secret);
  }

  async kill(): Promise<void> {
    const one = this.process;
    if (one?.exitCode !== null || one.signalCode !== null) return;
    const gone = once(one, "exit");
    one.kill("SIGKILL");
    await gone;
  }

  stop(): void {
    this.process?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
