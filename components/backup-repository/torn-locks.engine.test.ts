import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programsOf } from "../../tests/support/programs";

const folder = mkdtempSync(join(tmpdir(), "homelab-torn-locks-"));
const repository = join(folder, "storage");
const locks = () => readdirSync(join(repository, "locks"));
/** As rest-server and restic name it, but what it held is gone. */
const torn = "9fd65a2d6ad4e57bdebf7554767f2307b8b66fa4a0df02ecf4ad57ad167328c0";

function restic(...args: string[]) {
  const done = spawnSync(
    join(programsOf("restic", "restic", "rest-server"), "restic"),
    ["--no-cache", "--repo", repository, ...args],
    { encoding: "utf8", env: { ...process.env, RESTIC_PASSWORD: "x" } },
  );
  return { code: done.status, said: `${done.stdout}${done.stderr}` };
}
const begin = () => spawnSync(join(__dirname, "scripts/torn-locks.sh"), [folder], { encoding: "utf8" });

describe("a lock that a power cut has torn", () => {
  beforeAll(() => {
    expect(restic("init")).toMatchObject({ code: 0 });
    writeFileSync(join(folder, "file"), "kept");
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  // Left alone it ends a backup, after half a minute: "invalid lock file".
  it("is taken away before the server starts, and the backup goes on", () => {
    writeFileSync(join(repository, "locks", torn), Buffer.alloc(148));
    const { status, stderr } = begin();
    expect([status, stderr]).toEqual([0, `The lock ${torn} was torn by a power cut: it is taken away.\n`]);
    expect(restic("backup", join(folder, "file"))).toMatchObject({ code: 0 });
  });

  it("is told from one that is whole, which stays", () => {
    const whole = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    writeFileSync(join(repository, "locks", whole), "x");
    writeFileSync(join(repository, "locks", torn), "");
    expect([begin().status, locks()]).toEqual([0, [whole]]);
    rmSync(join(repository, "locks", whole));
    expect(begin()).toMatchObject({ status: 0, stderr: "" });
  });
});
