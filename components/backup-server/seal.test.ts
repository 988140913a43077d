import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
let wal: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-seal-"));
  wal = join(folder, "postgres/1/wal");
  mkdirSync(wal, { recursive: true });
  writeFileSync(join(folder, "config"), `BACKUP_DIRECTORY=${folder}\n`);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const segment = (n: number) => `00000001000000000000000${n}`;
const line = (name: string) => `${createHash("sha256").update(name).digest("hex")}  ${name}\n`;

/** Runs it, noting what is synced and renamed, in order. */
function seal(): string[] {
  const script = `
    source "$1/lib.sh"; source "$1/postgres-lib.sh"
    sync() { echo "sync \${*##*/}" >&2; }
    mv() { echo "mv to \${*: -1}" >&2; command mv "$@"; }
    HISTORY=$root/1
    seal`;
  const { status, stderr } = spawnSync("bash", ["-c", script, "bash", join(__dirname, "scripts")], {
    env: { ...process.env, HOMELAB_BACKUP_CONFIG: join(folder, "config") },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  return stderr.trim().split("\n");
}
const sums = () => readFileSync(join(wal, "sums"), "utf8");

describe("the seals of WAL", () => {
  it("are one for each whole segment, and stay as they are", () => {
    for (const n of [1, 2]) writeFileSync(join(wal, segment(n)), segment(n));
    writeFileSync(join(wal, `${segment(3)}.partial`), "half");
    seal();
    expect(sums()).toBe(line(segment(1)) + line(segment(2)));
    writeFileSync(join(wal, segment(1)), "damaged since");
    writeFileSync(join(wal, segment(3)), segment(3));
    seal();
    expect(sums()).toBe(line(segment(1)) + line(segment(2)) + line(segment(3)));
  });

  it("are on the disk before they take their name, and their name when sealing ends", () => {
    writeFileSync(join(wal, segment(1)), segment(1));
    expect(seal()).toEqual([
      expect.stringMatching(/^sync \.new\./),
      `mv to ${join(wal, "sums")}`,
      "sync wal",
    ]);
  });

  it("that a power cut left half of are made again, and nothing is glued to the half", () => {
    for (const n of [1, 2]) writeFileSync(join(wal, segment(n)), segment(n));
    writeFileSync(join(wal, "sums"), line(segment(1)) + line(segment(2)).slice(0, 20));
    seal();
    expect(sums()).toBe(line(segment(1)) + line(segment(2)));
  });
});
