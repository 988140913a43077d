import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The process does nothing any more, and says nothing: as when its power is gone. */
async function freeze(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  const state = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.[0];
  while (state() !== "T") await sleep(1);
}

const disks = join(__dirname, "../../lab/lib/disk.sh");
const options = /^DISK_OPTIONS=(\S+)$/m.exec(readFileSync(disks, "utf8"))?.[1] ?? "";

/** A disk on this computer that loses what was not synced, made as the lab's are (lab/lib/disk.sh). Needs root. */
export class CutDisk {
  readonly path: string;
  private constructor(private readonly folder: string) {
    this.path = join(folder, "disk");
  }

  static async make(size = "8G"): Promise<CutDisk> {
    const made = new CutDisk(mkdtempSync(join(tmpdir(), "homelab-cut-disk-")));
    mkdirSync(made.path);
    await run("truncate", ["-s", size, made.#file]);
    await run("mkfs.ext4", ["-q", "-F", "-J", "size=64", made.#file]);
    await made.#mount();
    return made;
  }

  get #file(): string {
    return join(this.folder, "disk.img");
  }
  async #mount(): Promise<void> {
    await run("mount", ["-o", options, this.#file, this.path]);
  }

  /**
   * From now on nothing reaches it any more.
   * @param pid who writes to it: frozen first, for else it would see that its disk fails, and could still say something
   */
  async lose(pid: number): Promise<void> {
    await freeze(pid);
    await this.cut();
  }

  /** The same where nobody writes to it any more. */
  async cut(): Promise<void> {
    await run("python3", [join(__dirname, "../../lab/lib/cut-disk.py"), this.path]);
  }

  /** All that was written is on it. */
  sync(): void {
    execFileSync("sync", ["-f", this.path]);
  }

  /** With what was synced; nobody may have a file of it open. */
  async again(): Promise<void> {
    await run("umount", [this.path]);
    await this.#mount();
  }

  async remove(): Promise<void> {
    await run("umount", [this.path]);
    rmSync(this.folder, { recursive: true });
  }
}
