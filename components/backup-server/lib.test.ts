import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-backup-"));
  mkdirSync(join(folder, "buckets/parquet"), { recursive: true });
  mkdirSync(join(folder, "buckets.facts"));
  writeFileSync(join(folder, "config"), `BACKUP_DIRECTORY=${folder}\n`);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

// SHA-256 of "one".
const sum = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";

it.each<[what: string, object: string | undefined, sums: string | undefined, whole: boolean]>([
  ["whole when each object is as it was", "one", `${sum}  ./parquet/o\n`, true],
  ["damaged when a byte is another", "onf", `${sum}  ./parquet/o\n`, false],
  ["damaged when an object is missing", undefined, `${sum}  ./parquet/o\n`, false],
  ["whole when buckets and list are empty", undefined, "", true],
  ["damaged when the list was emptied", "one", "", false],
  ["damaged when there is no list", undefined, undefined, false],
])("the mirror of the buckets is %s", (_what, object, sums, whole) => {
  if (object !== undefined) writeFileSync(join(folder, "buckets/parquet/o"), object);
  if (sums !== undefined) writeFileSync(join(folder, "buckets.facts/.sums"), sums);
  const { status } = spawnSync(
    "bash",
    ["-c", 'source "$1"; mirror_whole', "bash", join(__dirname, "scripts/lib.sh")],
    {
      env: { ...process.env, HOMELAB_BACKUP_CONFIG: join(folder, "config") },
    },
  );
  expect(status).toBe(whole ? 0 : 1);
});
