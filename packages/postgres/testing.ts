import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type QueryResultRow } from "pg";
import { freePort } from "../../tests/support/ports";
import type { OpenStream } from "./connect";
import type { Server } from "./server";

/** A throwaway PostgreSQL for tests, on a loopback port of its own, with every statement logged. */
export interface Cluster {
  readonly server: Server;
  /** The server's major version. */
  readonly version: number;
  /** Its data directory. */
  readonly data: string;
  /** Asks as the superuser, or as another who may be refused. */
  query<R extends QueryResultRow>(
    database: string,
    text: string,
    as?: { user: string; password: string },
  ): Promise<R[]>;
  /** Everything the server has logged so far. */
  log(): string;
  stop(): Promise<void>;
}

const root = "/usr/lib/postgresql";
const superuserPassword = "superuser's own: secret";

/** Where the newest server's programs are. @throws Error that says what to install. */
export function binaries(): string {
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions.map((v) => join(root, v, "bin")).find((bin) => existsSync(join(bin, "initdb")));
  if (found !== undefined) return found;
  throw new Error(
    `These tests need PostgreSQL's server programs under ${root}/NN/bin: apt-get install postgresql ` +
      `(and postgresql-NN-pgvector, to have vector tested too).`,
  );
}

/** PostgreSQL refuses to run as root, so root runs it as the user that Debian's package made. */
function runner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** @param program what is run as the server, with PGDATA in its environment. @default the server's own */
export async function startCluster(program?: string): Promise<Cluster> {
  const bin = binaries();
  const as = runner();
  const home = mkdtempSync(join(tmpdir(), "homelab-postgres-"));
  const [data, passwordFile, logFile] = [join(home, "data"), join(home, "password"), join(home, "log")];
  writeFileSync(passwordFile, superuserPassword);
  for (const path of [home, passwordFile]) {
    if (as.uid !== undefined && as.gid !== undefined) chownSync(path, as.uid, as.gid);
  }
  const init = ["-D", data, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
  execFileSync(join(bin, "initdb"), [...init, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], {
    ...as,
    stdio: "pipe",
    cwd: home,
  });
  const port = await freePort();
  const settings = { fsync: "off", log_statement: "all", unix_socket_directories: "", max_connections: "40" };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const log = openSync(logFile, "a");
  // Ends with this process even when that is killed.
  const postgres = [
    program ?? join(bin, "postgres"),
    "-D",
    data,
    "-h",
    "127.0.0.1",
    "-p",
    String(port),
    ...options,
  ];
  const child = spawn("setpriv", ["--pdeathsig", "QUIT", "--", ...postgres], {
    ...as,
    cwd: home,
    env: { ...process.env, PGDATA: data },
    stdio: ["ignore", log, log],
  });
  const server: Server = {
    connection: { node: "storage", host: "127.0.0.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
    port,
    user: "postgres",
    password: superuserPassword,
  };
  const cluster: Cluster = {
    server,
    version: Number(basename(join(bin, ".."))),
    data,
    query: (database, text, who = server) => ask(port, database, text, who),
    log: () => readFileSync(logFile, "utf8"),
    stop: async () => {
      await ended(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
  await answers(cluster, child);
  return cluster;
}

async function ask<R extends QueryResultRow>(
  port: number,
  database: string,
  text: string,
  who: { user: string; password: string },
): Promise<R[]> {
  const { user, password } = who;
  const client = new Client({ host: "127.0.0.1", port, database, user, password, ssl: false });
  await client.connect();
  try {
    return (await client.query<R>(text)).rows;
  } finally {
    await client.end();
  }
}

async function answers(cluster: Cluster, child: ChildProcess): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await cluster.query("postgres", "SELECT 1");
      return;
    } catch (error) {
      if (attempt === 200 || child.exitCode !== null) {
        throw new Error(`The throwaway PostgreSQL did not start:\n${cluster.log()}`, { cause: error });
      }
      await sleep(50);
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  await gone;
}

/** Straight to a loopback port of this machine, where the real one goes through SSH. */
export const openLocally: OpenStream = (_connection, host, port, signal) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
