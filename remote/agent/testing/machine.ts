import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scriptText } from "../../run";

/** How the played machine is named in what the scripts are given; nobody connects to it. */
export const connection = {
  node: "storage",
  host: "192.0.2.1",
  port: 22,
  user: "root",
  hostKey: "ssh-ed25519 AAAA",
};

/** What a script on the played machine said. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Facts that only root, or root of a user namespace, can have: an own file system. */
const asRoot = process.getuid?.() === 0;
const unshare = asRoot ? ["--mount"] : ["--mount", "--map-root-user"];
const enter = asRoot ? ["--mount"] : ["--mount", "--user", "--preserve-credentials"];

/** Whether this computer lets a test have file systems of its own. */
export const canMount =
  spawnSync("unshare", [...unshare, "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

/**
 * A mount namespace in the place of a machine: its /etc and /var/lib are on a small disk of their own, and systemctl,
 * journalctl and podman are played. What the scripts do to files is real.
 */
export class Machine {
  readonly #folder: string;
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess, folder: string) {
    this.#holder = holder;
    this.#folder = folder;
  }

  /** @param kilobytes how large the disk is */
  static async start(kilobytes: number): Promise<Machine> {
    const folder = mkdtempSync(join(tmpdir(), "homelab-machine-"));
    for (const name of ["disk", "bin", "played"]) mkdirSync(join(folder, name));
    cpSync(join(__dirname, "systemctl"), join(folder, "bin/systemctl"));
    for (const name of ["journalctl", "podman"]) {
      const program = join(folder, "bin", name);
      const text = `echo "${name} $*" >>"$PLAYED/log"; [ ! -x "$PLAYED/${name}" ] || exec "$PLAYED/${name}" "$@"; exit 1`;
      writeFileSync(program, `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    }
    const setUp = `set -e
      mount -t tmpfs -o size=${kilobytes}k,mode=755 disk "$0/disk"
      mkdir -p "$0/disk/etc/systemd/system" "$0/disk/lib"
      cp -a /etc/passwd /etc/group /etc/nsswitch.conf /etc/ld.so.cache /etc/alternatives "$0/disk/etc/" 2>/dev/null || true
      mount --bind "$0/disk/etc" /etc
      mount --bind "$0/disk/lib" /var/lib
      mount --bind "$0/bin" /usr/local/sbin
      echo ready
      exec sleep infinity`;
    const holder = spawn("unshare", [...unshare, "bash", "-c", setUp, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise<void>((resolve, reject) => {
      holder.once("exit", () => {
        reject(new Error("This computer gives no mount namespace."));
      });
      holder.stdout.once("data", () => {
        resolve();
      });
    });
    return new Machine(holder, folder);
  }

  stop(): void {
    this.#holder.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Runs a command on it. */
  run(command: readonly string[], stdin = ""): Answer {
    const done = spawnSync("nsenter", [...enter, "--target", String(this.#holder.pid), ...command], {
      encoding: "utf8",
      input: stdin,
      env: { ...process.env, PLAYED: join(this.#folder, "played"), SMALL_DISK: join(this.#folder, "disk") },
    });
    return { code: done.status ?? 255, stdout: done.stdout, stderr: done.stderr };
  }

  /** @throws Error with what it said when it failed */
  sh(command: string): string {
    const { code, stdout, stderr } = this.run(["bash", "-c", command]);
    if (code !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout.trim();
  }

  /** Runs one of the scripts in remote/agent as runScript does. */
  script(name: string, stdin: string): Answer {
    return this.run(["bash", "-c", scriptText(name), `homelab-${name}`], stdin);
  }

  /** What the played systemctl says of a property from now on; undefined: what it says by itself. */
  play(property: string, value: string | undefined): void {
    const path = join(this.#folder, "played", property);
    if (value === undefined) rmSync(path, { force: true });
    else writeFileSync(path, value, { mode: 0o755 });
  }

  /** What was asked of the played programs since the last time. */
  asked(): string[] {
    const path = join(this.#folder, "played/log");
    const lines = existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
    rmSync(path, { force: true });
    return lines;
  }

  /** Leaves so many free pages of 4 KiB on the disk. */
  fill(pages: number): void {
    this.sh(`rm -f "$SMALL_DISK/fill"
      free=$(df --output=avail -B4096 "$SMALL_DISK" | tail -n 1)
      if [ "$free" -gt ${pages} ]; then head -c $(((free - ${pages}) * 4096)) /dev/zero >"$SMALL_DISK/fill"; fi`);
  }

  free(): void {
    this.sh('rm -f "$SMALL_DISK/fill"');
  }
}
