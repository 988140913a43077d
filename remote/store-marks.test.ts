import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { scriptText } from "./run";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-store-marks-"));
  const iam = join(folder, "data/.minio.sys/config/iam");
  for (const path of ["users/there/identity.json", "users/former", "policies/homelab-there/policy.json"]) {
    mkdirSync(join(iam, path), { recursive: true });
  }
  mkdirSync(join(folder, "data/bucket-a"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function ask(verb: string, names: string, end = "end\n") {
  const script = scriptText("store-marks").replace("state=/var/lib/homelab", `state=${folder}/state`);
  const { status, stdout } = spawnSync("bash", ["-c", script], {
    encoding: "utf8",
    input: `verb\t${verb}\ndirectory\t${folder}/data\nnames\t${names}\n${end}`,
  });
  return { status, rows: stdout.split("\n").filter((line) => line !== "") };
}

it("what is there is seen in the store's data, and is marked only once it was said to be ours", () => {
  const names = "bucket/bucket-a bucket/other user/there user/former policy/homelab-there policy/none";
  expect(ask("look", names).rows).toEqual([
    "bucket/bucket-a\tthere\tno",
    "bucket/other\tgone\tno",
    "user/there\tthere\tno",
    "user/former\tgone\tno",
    "policy/homelab-there\tthere\tno",
    "policy/none\tgone\tno",
  ]);
  ask("mark", "bucket/other user/there");
  expect(ask("look", names).rows.filter((row) => row.endsWith("yes"))).toEqual([
    "bucket/other\tgone\tyes",
    "user/there\tthere\tyes",
  ]);
});

it("marks stay for as long as the thing does, also when it is not declared any more, and no longer", () => {
  ask("mark", "bucket/bucket-a bucket/never-made user/there");
  rmSync(join(folder, "data/.minio.sys/config/iam/users/there"), { recursive: true });
  ask("mark", "bucket/new");
  expect(readFileSync(join(folder, "state/store-marks"), "utf8")).toBe("bucket/bucket-a\nbucket/new\n");
});

it("nothing is marked when the description arrives cut short", () => {
  mkdirSync(join(folder, "state"));
  writeFileSync(join(folder, "state/store-marks"), "bucket/bucket-a\n");
  expect(ask("mark", "bucket/new", "").status).toBe(30);
  expect(readFileSync(join(folder, "state/store-marks"), "utf8")).toBe("bucket/bucket-a\n");
});
