import { spawnSync } from "node:child_process";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CutDisk } from "./cut-disk";

/** What the drills rest upon: a cut takes what was not synced, and nothing else. */
const canMount = process.getuid?.() === 0 && spawnSync("losetup", ["-f"]).status === 0;
const size = 20_000;
const files = Array.from({ length: 300 }, (_, i) => `file-${i}`);

let disk: CutDisk;
beforeAll(async () => {
  if (canMount) disk = await CutDisk.make("1G");
});
afterAll(async () => {
  if (canMount) await disk.remove();
});

/** Written and synced beside the file, then renamed over it, as databases and stores of objects do. */
function put(name: string, value: number): void {
  const path = join(disk.path, name);
  const file = openSync(`${path}.new`, "w");
  writeSync(file, Buffer.alloc(size, value));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
}
const holds = (name: string) => {
  const content = readFileSync(join(disk.path, name));
  return content.length === size && content.every((byte) => byte === content[0]) ? content[0] : undefined;
};

it.skipIf(!canMount)(
  "a cut leaves of each file that is being replaced the former one or the next, whole",
  async () => {
    for (let round = 1; round <= 6; round += 2) {
      for (const name of files) put(name, round);
      disk.sync();
      for (const name of files) put(name, round + 1);
      await disk.cut();
      await disk.again();
      const found = files.map((name) => [name, holds(name)]);
      expect(found.filter(([, value]) => value !== round && value !== round + 1)).toEqual([]);
    }
  },
);

it.skipIf(!canMount)("a cut takes what was written and not synced", async () => {
  writeUnsynced("late");
  await disk.cut();
  await disk.again();
  expect(() => readFileSync(join(disk.path, "late"))).toThrow(/ENOENT/);
});

function writeUnsynced(name: string): void {
  const file = openSync(join(disk.path, name), "w");
  writeSync(file, "late");
  closeSync(file);
}
