import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
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

/** A real MinIO server on loopback. */
export class Minio {
  readonly user = "trial-root";
  readonly password = "trial-root-password";
  private readonly folder = mkdtempSync(path.join(tmpdir(), "homelab-minio-"));
  private process: ChildProcess | undefined;
  port = 0;

  async start(): Promise<void> {
    this.port = await freePort();
    this.process = spawn(
      binary(),
      ["server", "--quiet", "--address", `127.0.0.1:${this.port}`, this.folder],
      {
        env: {
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

  /** It listens a moment before it can be used. */
  private async ready(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const response = await fetch(`http://127.0.0.1:${this.port}/minio/health/ready`).catch(() => undefined);
      if (response?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("MinIO is not ready after 10 s");
  }

  /** What somebody else does with the server. @throws with the server's answer when it refuses */
  async request(method: string, target: string, user = this.user, secret = this.password): Promise<string> {
    return request(method, new URL(target, `http://127.0.0.1:${this.port}`), user, secret);
  }

  stop(): void {
    this.process?.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
