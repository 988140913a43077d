import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A computer of its own for the scripts: their folder, a backup's directory, and played programs that come first. */
export class Played {
  readonly folder = mkdtempSync(join(tmpdir(), "homelab-played-"));
  readonly backup = join(this.folder, "backup");
  readonly scripts = join(this.folder, "scripts");

  /** @param config more keys of the scripts' configuration */
  constructor(config: Readonly<Record<string, string | number>> = {}) {
    for (const name of ["bin", "backup/postgres", "metrics"]) this.directory(name);
    cpSync(join(__dirname, "scripts"), this.scripts, { recursive: true });
    const lib = join(this.scripts, "lib.sh");
    writeFileSync(
      lib,
      readFileSync(lib, "utf8").replace(/PATH=\/usr\/local\/sbin/, `PATH=${this.folder}/bin:/usr/local/sbin`),
    );
    const all = {
      ...{ BACKUP_DIRECTORY: this.backup, METRICS_DIRECTORY: join(this.folder, "metrics"), KEEP_DAYS: 14 },
      ...{ POSTGRES_DATA: join(this.folder, "postgres"), POSTGRES_IMAGE: "postgres", RESTORE_TIMEOUT: 20 },
      ...{
        POSTGRES_PORT: 5432,
        MINIO_IMAGE: "minio",
        MINIO_PORT: 9000,
        MINIO_SECRETS: "homelab-minio-root",
        RESTIC_IMAGE: "restic",
        ...config,
      },
    };
    const lines = Object.entries(all).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(this.folder, "config"), lines.join(""));
    const postgres = join(this.scripts, "postgres-lib.sh");
    const self = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
    writeFileSync(postgres, readFileSync(postgres, "utf8").replace("owner=999:999", `owner=${self}`));
    this.program("systemctl", `echo "systemctl $*" >>${this.folder}/calls`);
    this.program("timedatectl", "echo yes");
    this.program("systemd-detect-virt", "exit 1");
  }

  directory(path: string): string {
    mkdirSync(join(this.folder, path), { recursive: true });
    return join(this.folder, path);
  }

  file(path: string, content: string): string {
    this.directory(join(path, ".."));
    writeFileSync(join(this.folder, path), content);
    return join(this.folder, path);
  }

  read = (path: string): string => readFileSync(join(this.folder, path), "utf8");

  /** A program of that name that does what is written, in bash. */
  program(name: string, text: string): void {
    const path = join(this.folder, "bin", name);
    writeFileSync(path, `#!/bin/bash\n${text}\n`);
    chmodSync(path, 0o755);
  }

  /** Runs one of the scripts. @returns exit code, and what it said on both outputs */
  run(script: string, ...words: string[]): { code: number | null; said: string } {
    return this.bash(`exec bash "$@" 2>&1`, join(this.scripts, script), ...words);
  }

  bash(command: string, ...words: string[]): { code: number | null; said: string } {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", command, "bash", ...words], {
      encoding: "utf8",
      env: { ...process.env, HOMELAB_BACKUP_CONFIG: join(this.folder, "config") },
    });
    return { code: status, said: stdout + stderr };
  }

  /** What systemctl was told, a line each. */
  calls = (): string[] => this.bash(`cat ${this.folder}/calls 2>/dev/null`).said.split("\n").filter(Boolean);

  /**
   * `podman run … --entrypoint restic IMAGE WORDS…` without the container: secrets and the backup's directory lie in this
   * folder, and no other program is there.
   * @param programs the folder that has restic
   */
  restic(programs: string, secrets: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(secrets)) this.file(`secrets/${name}`, value);
    this.program(
      "podman",
      `F=${this.folder} words=()
while [ $# -gt 0 ]; do case $1 in
--env) export "$(sed "s|/run/secrets/|$F/secrets/|; s|=/cache|=$F/cache|" <<<"$2")"; shift 2 ;;
--secret) case $2 in *,type=env,target=*) export "\${2##*target=}=$(cat "$F/secrets/\${2%%,*}")" ;; *) [ -e "$F/secrets/\${2%%,*}" ] || { echo "no secret $2" >&2; exit 125; } ;; esac; shift 2 ;;
--volume | --name | --network | --pull | --security-opt | --workdir) shift 2 ;;
--entrypoint) [ "$2" = restic ] || exit 125; shift 3; break ;;
*) shift ;;
esac; done
for word; do
  words+=("$(sed -E "s#/run/secrets#$F/secrets#; s#^([0-9a-f]*:)?/backup(/|$)#\\1$F/backup\\2#" <<<"$word")")
done
exec ${programs}/restic "\${words[@]}"`,
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
