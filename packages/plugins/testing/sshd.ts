import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";

import { listening } from "../../../tests/support/ports";

/** A real sshd on loopback, with keys of its own. */
export class Sshd {
  readonly folder = mkdtempSync(path.join(tmpdir(), "homelab-sshd-"));
  readonly user = userInfo().username;
  readonly privateKey: string;
  /** With the passphrase "open sesame". */
  readonly lockedKey: string;
  readonly hostKey: string;
  private process: ChildProcess | undefined;

  /**
   * @param settings further lines of sshd_config, before the others: sshd takes the first of several.
   * @param restricted what stands before each key in authorized_keys, e.g. `restrict`.
   */
  constructor(
    readonly port: number,
    settings: readonly string[] = [],
    restricted = "",
  ) {
    if (!existsSync("/usr/sbin/sshd")) throw new Error("/usr/sbin/sshd is missing: install openssh-server");
    this.hostKey = this.key("host", "")[1];
    const [plain, plainPublic] = this.key("user", "");
    const [locked, lockedPublic] = this.key("locked", "open sesame");
    this.privateKey = plain;
    this.lockedKey = locked;
    writeFileSync(
      path.join(this.folder, "authorized_keys"),
      [plainPublic, lockedPublic].map((key) => `${restricted} ${key}`.trimStart()).join(""),
      { mode: 0o600 },
    );
    writeFileSync(
      path.join(this.folder, "sshd_config"),
      [
        ...settings.filter((line) => !line.startsWith("Match ")),
        "ListenAddress 127.0.0.1",
        `Port ${port}`,
        `HostKey ${this.folder}/host`,
        `AuthorizedKeysFile ${this.folder}/authorized_keys`,
        "PermitRootLogin yes",
        "PasswordAuthentication no",
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
        "AcceptEnv GREETING PULUMI_COMMAND_*",
        // Whatever follows belongs to it.
        ...settings.filter((line) => line.startsWith("Match ")).map((line) => line.replace(": ", "\n")),
      ].join("\n"),
    );
  }

  private key(name: string, passphrase: string): [secret: string, open: string] {
    const file = path.join(this.folder, name);
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", file]);
    return [readFileSync(file, "utf8"), readFileSync(`${file}.pub`, "utf8")];
  }

  async start(): Promise<void> {
    if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    this.process = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", path.join(this.folder, "sshd_config")], {
      stdio: "ignore",
    });
    await listening(this.port, 10);
  }

  stop(): void {
    this.process?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
