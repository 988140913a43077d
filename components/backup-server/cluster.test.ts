import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** The script with a systemctl that only notes what it is told, on the state of a cluster that is made of a few files. */
let folder: string, data: string, copies: string, password: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-cluster-"));
  data = join(folder, "k3s");
  copies = join(folder, "backup/cluster");
  password = join(folder, "node-password");
  cpSync(join(__dirname, "scripts"), join(folder, "scripts"), { recursive: true });
  const replace = (script: string, from: string, to: string) => {
    const path = join(folder, "scripts", script);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(from, to));
  };
  replace("lib.sh", "PATH=/usr/local/sbin", `PATH=${folder}/bin:/usr/local/sbin`);
  replace("cluster.sh", "/etc/rancher/node/password", password);
  for (const program of ["systemctl", "systemd-run"]) {
    play(program, `echo "${program} $*" >>${folder}/said`);
  }
  play("systemd-detect-virt", "exit 0");
  write(
    "config",
    [
      `BACKUP_DIRECTORY=${folder}/backup`,
      `METRICS_DIRECTORY=${folder}/metrics`,
      `CLUSTER_DATA=${data}`,
      "CLUSTER_SERVICE=k3s.service",
      "CLUSTER_VERSION=v1",
      "KEEP_DAYS=2",
      "",
    ].join("\n"),
  );
  cluster("FIRST");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const play = (program: string, text: string) => {
  write(`bin/${program}`, `#!/bin/bash\n${text}\n`);
  chmodSync(join(folder, "bin", program), 0o755);
};
const cluster = (name: string) => {
  rmSync(join(data, "server"), { recursive: true, force: true });
  write("k3s/server/tls/server-ca.crt", `AUTHORITY OF ${name}`);
  write("k3s/server/db/state.db", `OBJECTS OF ${name}`);
  write("k3s/server/token", `TOKEN OF ${name}`);
  write("k3s/homelab-agent-token", `AGENTS' TOKEN OF ${name}`);
  writeFileSync(password, `PASSWORD IN ${name}`);
};
const idOf = (name: string) => createHash("sha256").update(`AUTHORITY OF ${name}`).digest("hex").slice(0, 16);
const copiesOf = (name: string) => readdirSync(join(copies, idOf(name))).sort();
const read = (path: string) => readFileSync(join(data, path), "utf8");

function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync("bash", [join(folder, "scripts/cluster.sh"), ...words], {
    encoding: "utf8",
    env: { ...process.env, HOMELAB_BACKUP_CONFIG: join(folder, "config") },
  });
  const said = existsSync(join(folder, "said")) ? readFileSync(join(folder, "said"), "utf8") : "";
  rmSync(join(folder, "said"), { force: true });
  return { code: status, text: `${stdout}${stderr}`, told: said.trimEnd().split("\n") };
}

describe("a copy of the cluster's state", () => {
  it("brings back datastore, authority and tokens, and sets aside what was in their place", () => {
    expect(run().code).toBe(0);
    cluster("INTERIM");
    const { code, text, told } = run("restore", "latest");
    expect(code, text).toBe(0);
    expect(text).toContain(`in the place of the cluster ${idOf("INTERIM")}`);
    expect(read("server/db/state.db")).toBe("OBJECTS OF FIRST");
    expect(read("homelab-agent-token")).toBe("AGENTS' TOKEN OF FIRST");
    expect(readFileSync(password, "utf8")).toBe("PASSWORD IN FIRST");
    const [aside] = readdirSync(data).filter((name) => name.startsWith("server.before-"));
    expect(read(`${aside ?? ""}/db/state.db`)).toBe("OBJECTS OF INTERIM");
    expect(told.filter((line) => / (stop|start) /.test(line))).toEqual([
      "systemctl stop k3s.service",
      "systemctl start --no-block k3s.service",
    ]);
    expect(readdirSync(data).sort()).toEqual(expect.not.arrayContaining(["server.restored"]));
  });

  it("is of one moment: K3s stands still meanwhile, and goes on also when the script is killed", () => {
    const { told } = run();
    expect(told.filter((line) => /CONT|STOP/.test(line))).toEqual([
      "systemd-run --quiet --collect --unit=homelab-cluster-goes-on --on-active=60 systemctl kill --signal=SIGCONT k3s.service",
      "systemctl kill --signal=SIGSTOP k3s.service",
      "systemctl kill --signal=SIGCONT k3s.service",
    ]);
  });

  it("is made also where K3s does not run, and lets it go on where the copying failed", () => {
    play("systemctl", `echo "systemctl $*" >>${folder}/said; case $1 in is-active) exit 3 ;; esac`);
    expect(run()).toMatchObject({ code: 0, told: ["systemctl is-active --quiet k3s.service"] });
    play("systemctl", `echo "systemctl $*" >>${folder}/said`);
    play("tar", "exit 2");
    const failed = run();
    expect(failed.code).not.toBe(0);
    expect(failed.told.filter((line) => line.includes("kill")).at(-1)).toBe(
      "systemctl kill --signal=SIGCONT k3s.service",
    );
    // Half of one takes no room, whether the copying failed or was killed.
    expect(copiesOf("FIRST")).toHaveLength(1);
    write(`backup/cluster/${idOf("FIRST")}/000002-20260101T000000Z.part/state/file`, "half");
    rmSync(join(folder, "bin/tar"));
    run();
    expect(copiesOf("FIRST").every((name) => !name.endsWith(".part"))).toBe(true);
  });

  it("is none when one file of it could not be written, though all else was", () => {
    // As on a disk that was full for a moment: what is unpacked lacks a file, and what is packed then would pass for whole.
    play(
      "tar",
      `case "$*" in *-xf*) /bin/tar "$@" && rm "$2/server/db/state.db" && echo "tar: No space left on device" >&2 && exit 2 ;; esac; exec /bin/tar "$@"`,
    );
    const { code, told } = run();
    expect(code).not.toBe(0);
    expect(copiesOf("FIRST")).toEqual([]);
    expect(told.filter((line) => line.includes("kill")).at(-1)).toBe(
      "systemctl kill --signal=SIGCONT k3s.service",
    );
  });

  it("that is damaged is refused before anything is stopped", () => {
    run();
    const [name = ""] = copiesOf("FIRST");
    writeFileSync(join(copies, idOf("FIRST"), name, "state.tar.gz"), "x");
    const { code, text, told } = run("restore", "latest");
    expect(code).not.toBe(0);
    expect(text).toContain(`The copy ${name} is damaged`);
    expect(told).toEqual([""]);
    expect(read("server/token")).toBe("TOKEN OF FIRST");
  });

  it("of another cluster is chosen by name only, for the newest may be of an empty one", () => {
    run();
    cluster("INTERIM");
    run();
    expect(run("restore", "latest")).toMatchObject({ code: 3 });
    expect(run("list").text).toMatch(
      new RegExp(`Cluster ${idOf("INTERIM")}, which runs here\n  000001-\\d{8}T\\d{6}Z .* K3s v1`),
    );
    const [name = ""] = copiesOf("FIRST");
    expect(run("restore", `${idOf("FIRST")}/${name}`).code).toBe(0);
    expect(read("server/token")).toBe("TOKEN OF FIRST");
    expect(run("restore", "../../etc").text).toContain("There is no copy ../../etc");
  });
});

describe("old copies", () => {
  const put = (name: string, count: number, day: (index: number) => string) => {
    for (let index = 1; index <= count; index += 1) {
      const copy = `backup/cluster/${idOf(name)}/${String(index).padStart(6, "0")}-${day(index)}`;
      write(`${copy}/info`, "began=1000\n");
    }
  };

  it("go when there are enough days after them, one a day stays, and those of another cluster all do", () => {
    put("FIRST", 9, (index) => `2026010${Math.ceil(index / 3)}T00000${index}Z`);
    put("FORMER", 9, (index) => `2020010${index}T000000Z`);
    expect(run().code).toBe(0);
    // Today's, the last one of the day before, and what belongs to the three newest.
    expect(copiesOf("FIRST").map((name) => name.slice(0, 6))).toEqual(["000008", "000009", "000010"]);
    expect(copiesOf("FORMER")).toHaveLength(9);
  });

  it("stay where the clock stands before the newest of them", () => {
    put("FIRST", 9, (index) => `2026010${index}T000000Z`);
    write(`backup/cluster/${idOf("FIRST")}/000009-20260109T000000Z/info`, "began=99999999999\n");
    const { code, text } = run();
    expect(code).toBe(0);
    expect(text).toContain("nothing old is taken away");
    expect(copiesOf("FIRST")).toHaveLength(10);
    expect(copiesOf("FIRST").at(-1)).toMatch(/^000010-/);
  });
});
