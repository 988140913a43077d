import { createHash } from "node:crypto";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { programsOf } from "../../tests/support/programs";
import { Played } from "./testing";

/** What storage takes out of a node's repository, with the real restic and rest-server; the node can only add. */
const port = 19_331;
const day = 86_400;
let bin: string;
let played: Played;
let server: ChildProcess;
const url = `rest:http://compute:pw@127.0.0.1:${port}/compute/`;
const local = () => `${played.backup}/repository/compute`;

/** restic as the node runs it, or with the repository as it lies on storage's disk. */
function restic(
  repository: string,
  words: readonly string[],
  key = "node-key",
): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(`${bin}/restic`, words, {
    encoding: "utf8",
    cwd: played.folder,
    env: {
      ...process.env,
      RESTIC_REPOSITORY: repository,
      RESTIC_PASSWORD: key,
      RESTIC_CACHE_DIR: `${played.folder}/node-cache`,
    },
  });
  return { code: status, said: stdout + stderr };
}
const ids = () => played.bash(`ls ${local()}/snapshots`).said.split("\n").filter(Boolean);

/** The node backs up. @returns the new snapshot's name */
function backUp(content: string, ...words: string[]): string {
  const before = new Set(ids());
  played.file("work/file", content);
  const { code, said } = restic(url, [
    "backup",
    "--quiet",
    "--host",
    "compute",
    "--tag",
    "files",
    ...words,
    "work",
  ]);
  expect({ code, said }).toMatchObject({ code: 0 });
  const [fresh] = ids().filter((id) => !before.has(id));
  if (fresh === undefined) throw new Error(said);
  return fresh;
}
/** As if it had arrived so many days ago. */
const aged = (id: string, days: number) => {
  played.bash(`touch -d '-${days} days' ${local()}/snapshots/${id}`);
  return id;
};
const keep = () => played.run("keep.sh");

beforeAll(() => {
  bin = programsOf("restic", "restic", "rest-server");
});

beforeEach(async () => {
  played = new Played();
  played.restic(bin, { "homelab-backup-key": "main-key", "homelab-backup-key-compute": "node-key" });
  const sum = createHash("sha1").update("pw").digest("base64");
  const users = played.file("users", `compute:{SHA}${sum}\n`);
  server = spawn(
    `${bin}/rest-server`,
    [
      `--path=${played.directory("backup/repository")}`,
      `--listen=127.0.0.1:${port}`,
      `--htpasswd-file=${users}`,
      "--private-repos",
      "--append-only",
    ],
    { stdio: "ignore" },
  );
  let open = false;
  while (!open) {
    await sleep(50);
    open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      }).on("error", () => {
        resolve(false);
      });
    });
  }
  expect(restic(url, ["init", "--quiet"])).toMatchObject({ code: 0 });
});

afterEach(async () => {
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill();
  await gone;
  played.remove();
});

describe("a repository that a node can only add to", () => {
  it("keeps what came honestly, whatever times, hosts and tags the node writes into what it adds", () => {
    const honest = [330, 300, 270, 240, 60, 45, 30, 10, 1].map((days) =>
      aged(backUp(`of ${days} days ago`), days),
    );
    expect(keep()).toMatchObject({ code: 0 });
    expect(ids().sort()).toEqual([...honest].sort());
    // Somebody who has the node's password: months to come, months that have been, other hosts and tags.
    for (const month of ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"]) {
      backUp("forged", "--time", `2099-${month}-01 00:00:00`);
    }
    for (const days of [400, 331, 301, 271, 61, 31]) {
      const at = new Date(Date.now() - days * day * 1000).toISOString().slice(0, 19).replace("T", " ");
      backUp("forged", "--time", at, "--host", days % 2 ? "compute" : "storage", "--tag", "collected");
    }
    expect(restic(url, ["forget", "--keep-last", "1"]).said).toContain("403 Forbidden");
    for (let nights = 0; nights < 2; nights += 1) expect(keep()).toMatchObject({ code: 0 });
    expect(ids()).toEqual(expect.arrayContaining(honest));
    expect(restic(local(), ["check"])).toMatchObject({ code: 0 });
  });

  it("lets go of what is too old by when it came, the newest always excepted", () => {
    const old = [29, 28, 27, 26].map((days) => aged(backUp(`of ${days} days ago`), days));
    backUp("now", "--time", "1999-01-01 00:00:00");
    expect(keep()).toMatchObject({ code: 0 });
    const left = ids();
    expect(left.length).toBeLessThan(5);
    expect(left).toContain(old[0]);
    // Nothing new for years: what is there stays.
    played.bash(`sed -i 's/ .*/ 1600000000/' ${played.backup}/repository.seen/compute`);
    expect(keep()).toMatchObject({ code: 0 });
    expect(ids()).toEqual(left);
  });

  it("takes nothing away by a clock that stands before what has happened, or that nothing keeps right", () => {
    for (const days of [29, 28, 27, 26, 1]) aged(backUp(`${days}`), days);
    played.program("timedatectl", "echo no");
    expect(keep().said).toContain("The clock is not synchronized");
    played.program("timedatectl", "echo yes");
    played.file("backup/.notes/keep.success", `${Math.floor(Date.now() / 1000) + day} 1 1\n`);
    expect(keep().said).toMatch(/The clock says .* nothing old is taken away/);
    expect(ids()).toHaveLength(5);
  });

  it("goes on although the node put something unreadable among its snapshots, or left a lock for ever", () => {
    for (const days of [29, 28, 27, 26, 1]) aged(backUp(`${days}`), days);
    const garbage = ["short", "long enough to be taken for something encrypted"].map((text) => {
      const name = createHash("sha256").update(text).digest("hex");
      const at = `http://127.0.0.1:${port}/compute/snapshots/${name}`;
      played.bash(`curl -s -u compute:pw -X POST --data-binary @${played.file("garbage", text)} ${at}`);
      return name;
    });
    expect(ids()).toEqual(expect.arrayContaining(garbage));
    // The lock of a run that lost its power.
    const holder = spawn(`${bin}/restic`, ["backup", "--stdin", "--quiet"], {
      stdio: ["pipe", "ignore", "ignore"],
      env: {
        ...process.env,
        RESTIC_REPOSITORY: url,
        RESTIC_PASSWORD: "node-key",
        RESTIC_CACHE_DIR: `${played.folder}/node-cache`,
      },
    });
    played.bash(
      `for i in {1..100}; do [ -z "$(ls ${local()}/locks)" ] || break; sleep 0.1; done; kill -9 ${String(holder.pid)}; touch -d '-41 minutes' ${local()}/locks/*`,
    );
    const { code, said } = keep();
    expect({ code, said }).toMatchObject({ code: 0 });
    expect(said).toContain("was put aside");
    expect(
      played.bash(`ls ${played.backup}/repository.aside/compute`).said.trim().split("\n").sort(),
    ).toEqual(garbage.sort());
    expect(ids().length).toBeLessThan(5);
    expect(restic(local(), ["check"])).toMatchObject({ code: 0 });
  });

  it("opens with its node's key alone, also when it was made while all had one", () => {
    expect(
      restic(local(), ["key", "add", "--new-password-file", played.file("new", "main-key")]),
    ).toMatchObject({ code: 0 });
    const id = /"current":true[^}]*"id":"([0-9a-f]+)"|"id":"([0-9a-f]+)"[^}]*"current":true/.exec(
      restic(local(), ["key", "list", "--json"])
        .said.replace(/\},\{/g, "}\n{")
        .split("\n")
        .find((line) => line.includes('"current":true')) ?? "",
    );
    expect(restic(local(), ["key", "remove", id?.[1] ?? id?.[2] ?? "none"], "main-key")).toMatchObject({
      code: 0,
    });
    expect(restic(local(), ["cat", "config"])).toMatchObject({ code: 12 });
    expect(played.run("keys.sh")).toMatchObject({ code: 0 });
    expect(restic(local(), ["cat", "config"])).toMatchObject({ code: 0 });
    expect(restic(local(), ["cat", "config"], "main-key")).toMatchObject({ code: 12 });
    expect(played.run("keys.sh")).toEqual({ code: 0, said: "" });
  });
});
