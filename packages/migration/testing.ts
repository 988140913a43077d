import { execFileSync, spawn } from "node:child_process";
import { setMaxListeners } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binaries, openLocally, type Cluster } from "../postgres/testing";
import { scriptText, type RunOptions, type CommandResult } from "../../remote/run";
import type { Side } from "./access";

/**
 * The script of the node, run here: everything of it is real but the container, in the place of which PostgreSQL's own
 * programs of this computer are started in the dump's folder.
 */
export class LocalNode {
  readonly home = mkdtempSync(join(tmpdir(), "homelab-migration-"));
  readonly folder = join(this.home, "dumps");
  private readonly text: string;

  constructor(private readonly cluster: Cluster) {
    const bin = join(this.home, "bin");
    mkdirSync(bin);
    writeFileSync(join(this.home, "superuser"), cluster.server.password);
    writeFileSync(join(bin, "podman"), podman(this.home, cluster));
    chmodSync(join(bin, "podman"), 0o755);
    this.text = scriptText("migration").replace(
      "PATH=/usr/local/sbin",
      `PATH=${bin}:${binaries()}:/usr/local/sbin`,
    );
  }

  /** In the place of remote/run.ts `runScript`. */
  readonly run = (_connection: unknown, _name: string, { stdin = "" }: RunOptions): Promise<CommandResult> =>
    new Promise((resolve, reject) => {
      const child = spawn("bash", ["-c", this.text], { stdio: ["pipe", "pipe", "pipe"] });
      const said = { stdout: "", stderr: "" };
      child.stdout.on("data", (text: Buffer) => (said.stdout += text.toString()));
      child.stderr.on("data", (text: Buffer) => (said.stderr += text.toString()));
      child.once("error", reject);
      child.once("close", (code) => {
        resolve({ code: code ?? 1, ...said });
      });
      child.stdin.end(stdin);
    });

  side(role: Side["role"]): Side {
    const { server } = this.cluster;
    const { signal } = new AbortController();
    setMaxListeners(100, signal);
    return {
      ...{ role, through: server.connection, signal },
      server: { host: "127.0.0.1", database: "postgres", ...server },
      stream: () => openLocally(server.connection, "127.0.0.1", server.port, signal),
    };
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Says what the script asks of podman, and runs what is to run in the container. */
const podman = (home: string, cluster: Cluster) => `#!/bin/bash
case $1 in
inspect) echo image ;;
exec) case $4 in /run/secrets/*) cat ${home}/superuser ;; *) cat ${home}/superuser ;; esac ;;
run)
  while [ "$1" != bash ]; do
    if [ "$1" = --volume ]; then directory=\${2%%:*}; fi
    shift
  done
  shift 3 # bash IMAGE -c
  text=$1
  shift
  cd "$directory"
  # What programs before 16 and servers before 17 do not know.
  if [ ${cluster.version} -lt 17 ]; then text=\${text//-c transaction_timeout=0/} text=\${text//--compress lz4/--compress 1}; fi
  exec bash -c "\${text//\\/tmp\\//${home}/}" "$@"
  ;;
esac
`;

/** PostgreSQL's newest programs of this computer, as the superuser of a throwaway cluster. */
export const program = (
  cluster: Cluster,
  name: string,
  args: readonly string[],
  input: string | Buffer = "",
) =>
  execFileSync(join(binaries(), name), [...args], {
    input,
    maxBuffer: 1024 ** 3,
    env: {
      ...process.env,
      ...{ PGHOST: "127.0.0.1", PGPORT: String(cluster.server.port) },
      ...{ PGUSER: "postgres", PGPASSWORD: cluster.server.password },
    },
  });
