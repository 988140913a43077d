import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** The scripts of a pair, with played programs and their directories in a folder. */
let folder: string;
const file = (path: string, text: string) => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const program = (name: string, text: string) => {
  file(`bin/${name}`, `#!/bin/bash\n${text}\n`);
  chmodSync(join(folder, "bin", name), 0o755);
};
/** What the other server answers to the replication protocol. */
const peer = (answers: Readonly<Record<string, string>>) => {
  program(
    "psql",
    `case "$*" in\n${Object.entries(answers)
      .map(([asked, said]) => `*${asked}*) ${said} ;;`)
      .join("\n")}\n*) exit 2 ;;\nesac`,
  );
};
const control =
  "echo 'Database system identifier:           77'; echo \"Latest checkpoint's TimeLineID:       1\"";
const identified = (timeline: number, standby: "on" | "off") =>
  `printf '77|${timeline}|0/3000000|\\n${standby}\\n'`;

function start() {
  const done = spawnSync("bash", [join(folder, "start.sh"), "-c", "x=y"], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${join(folder, "bin")}:${process.env.PATH ?? ""}` },
  });
  return { code: done.status, said: `${done.stdout}${done.stderr}` };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-pair-"));
  for (const name of ["start.sh", "peer.sh"]) {
    cpSync(join(__dirname, "scripts", name), join(folder, name));
    const text = readFileSync(join(folder, name), "utf8")
      .replaceAll("/etc/postgresql/", `${folder}/`)
      .replaceAll("/var/lib/postgresql/", `${folder}/var/`)
      .replaceAll("/run/secrets/", `${folder}/`)
      .replace("patience=10", "patience=0");
    writeFileSync(join(folder, name), text);
  }
  file(
    "pair.env",
    `SELF=storage PEER=desktop PEER_ADDRESS=10.0.0.2 PEER_PORT=5432 ROLE=homelab_replication ORIGIN=new
DATA_DIRECTORY=/srv/homelab/postgres PASSFILE=${folder}/passfile\n`,
  );
  file("homelab-postgres-replication", "secret");
  file("var/18/docker/PG_VERSION", "18\n");
  file("var/18/docker/pg_wal/x", "");
  mkdirSync(join(folder, "var/pair"), { recursive: true });
  for (const name of ["install", "chown", "sync"]) program(name, "");
  program("docker-entrypoint.sh", "echo served");
  program("pg_controldata", control);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("a server of a pair that starts as primary", () => {
  it("serves where the other is its standby, and does not where that was promoted meanwhile", () => {
    peer({ IDENTIFY_SYSTEM: identified(1, "on") });
    expect(start()).toEqual({ code: 0, said: "served\n" });
    peer({ IDENTIFY_SYSTEM: identified(2, "off") });
    expect(start()).toMatchObject({
      code: 75,
      said: expect.stringContaining("no two may take commits") as string,
    });
  });

  it("does not start where it cannot read its own timeline: it might be the second primary", () => {
    peer({ IDENTIFY_SYSTEM: identified(2, "off") });
    // The first question is answered, the second is not: a disk that fails.
    program("pg_controldata", `[ ! -e ${folder}/asked ] || exit 1; : >${folder}/asked; ${control}`);
    const { code, said } = start();
    expect(said).not.toContain("served");
    expect(code).not.toBe(0);
  });
});

describe("a server of a pair that starts as standby", () => {
  beforeEach(() => {
    file("var/18/docker/standby.signal", "");
  });

  it("serves where the primary keeps WAL for it", () => {
    peer({ READ_REPLICATION_SLOT: "echo 'physical|0/3000000|1'", IDENTIFY_SYSTEM: identified(1, "off") });
    expect(start()).toEqual({ code: 0, said: "served\n" });
  });

  it("asks a person where the primary has removed what it needs", () => {
    peer({ READ_REPLICATION_SLOT: "echo 'physical||'", IDENTIFY_SYSTEM: identified(1, "off") });
    expect(start()).toMatchObject({
      code: 75,
      said: expect.stringContaining("fell too far behind") as string,
    });
  });

  it("does not ask one where the primary only stopped answering in between", () => {
    peer({ READ_REPLICATION_SLOT: "exit 2", IDENTIFY_SYSTEM: identified(1, "off") });
    expect(start()).toEqual({
      code: 0,
      said: "served\ndesktop's PostgreSQL no longer answers: this standby starts with what it has.\n",
    });
  });
});
