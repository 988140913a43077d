import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { binaries, startCluster, type Cluster } from "../../packages/postgres/testing";
import { script } from "./scripts";

/** The real server, begun by the house's program in its place, and asked by the real client. */
let folder: string;
let cluster: Cluster | undefined;
const program = () => join(folder, "postgres");
const certificate = ({ data }: Cluster) => join(data, "homelab-tls.crt");

async function started(): Promise<Cluster> {
  cluster = await startCluster(program());
  return cluster;
}

/** Runs the program for a data directory there is, and only shows what it would begin the server with. */
function begins({ data }: Cluster): string[] {
  const shows = join(folder, "shows");
  writeFileSync(shows, readFileSync(program(), "utf8").replace(join(binaries(), "postgres"), "echo"));
  const { stdout, stderr } = spawnSync("sh", [shows, "-D", data], {
    encoding: "utf8",
    env: { ...process.env, PGDATA: data },
  });
  return [stdout, stderr];
}

/** What the client says of its connection. */
function connected(at: Cluster, options: string): string {
  const { port, password } = at.server;
  const asked = spawnSync(
    "psql",
    ["-XqAt", `host=127.0.0.1 port=${port} user=postgres dbname=postgres ${options}`, "-f", "-"],
    {
      encoding: "utf8",
      input: "select ssl, version from pg_stat_ssl where pid = pg_backend_pid()",
      env: { ...process.env, PGPASSWORD: password },
    },
  );
  return `${asked.stdout}${asked.stderr}`.trim();
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-tls-"));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "conf"));
  writeFileSync(
    program(),
    script("postgres.sh")
      .replace("/usr/lib/postgresql/18/bin", binaries())
      .replaceAll("/etc/postgresql/", `${folder}/conf/`),
    { mode: 0o755 },
  );
});
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
  rmSync(folder, { recursive: true });
});

describe("PostgreSQL's connections", () => {
  it("are encrypted without being asked for, and a client that wants it knows the server by the password", async () => {
    const at = await started();
    expect(connected(at, "")).toMatch(/^t\|TLSv1\.[23]$/);
    // With it nobody between the two can pass on what he has decrypted.
    expect(connected(at, "channel_binding=require")).toMatch(/^t\|/);
    expect(connected(at, "sslmode=disable")).toBe("f|");
    expect(execFileSync("stat", ["-c", "%a", join(at.data, "homelab-tls.key")], { encoding: "utf8" })).toBe(
      "600\n",
    );
  });

  it("keep their certificate, and get another one where a power cut has torn it", async () => {
    const at = await started();
    const before = readFileSync(certificate(at), "utf8");
    expect(begins(at)[0]).toContain("ssl=on");
    expect(readFileSync(certificate(at), "utf8")).toBe(before);
    for (const torn of ["", "\0".repeat(600)]) {
      writeFileSync(certificate(at), torn);
      expect(begins(at)[0]).toContain("ssl=on");
      expect(readFileSync(certificate(at), "utf8")).toContain("BEGIN CERTIFICATE");
    }
  });

  it("are as somebody declares them who declares anything of TLS", async () => {
    const at = await started();
    writeFileSync(join(folder, "conf/reload.conf"), "ssl = off\n");
    expect(begins(at)).toEqual([`-D ${at.data}\n`, ""]);
  });

  it("are there without encryption, and it is said, where no certificate can be made", async () => {
    const at = await started();
    for (const each of ["crt", "key"]) rmSync(join(at.data, `homelab-tls.${each}`));
    mkdirSync(join(at.data, "homelab-tls.key.part"));
    const [words, said] = begins(at);
    expect(words).toBe(`-D ${at.data}\n`);
    expect(said).toContain("connections are not encrypted:");
  });
});
