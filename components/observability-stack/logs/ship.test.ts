import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

/** ship.sh, with programs that note that they began and what they were told. */
let folder = "";
let shipping: ChildProcess;
const begun = (name: string): { pid: number; told: string }[] =>
  existsSync(join(folder, name))
    ? readFileSync(join(folder, name), "utf8")
        .trimEnd()
        .split("\n")
        // The file is there before its first line.
        .filter((line) => /^\d+ /.test(line))
        .map((line) => ({ pid: parseInt(line, 10), told: line.replace(/^\d+ /, "") }))
    : [];
const lives = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const program = (name: string, body: string) => {
  writeFileSync(join(folder, "bin", name), `#!/bin/bash\n${body}\nexec sleep 60\n`);
  chmodSync(join(folder, "bin", name), 0o755);
};
/** How far the journal had come, as it is on the disk. */
const kept = () => join(folder, "state/state");
/** Where the uploader notes it. */
const noted = () => /--save-state=(\S+)/.exec(begun("upload")[0]?.told ?? "")?.[1] ?? "";
/** As the uploader notes it: a new file in the place of the former, of which nothing is synced. */
const note = (text: string) => {
  const path = noted();
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return path;
};
const soon = { timeout: 10_000, interval: 20 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ship-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "state"));
  writeFileSync(kept(), "LAST_CURSOR=before\n");
  const text = readFileSync(join(__dirname, "../scripts/ship.sh"), "utf8")
    .replace("/usr/lib/systemd/systemd-journal-upload", `${folder}/bin/upload`)
    .replace(/sleep \d+ &/g, "sleep 0.1 &");
  writeFileSync(join(folder, "ship.sh"), text);
  writeFileSync(join(folder, "chain"), "the chain\n");
  program("upload", `echo "$$ $*" >>${folder}/upload`);
  program(
    "perl",
    `name=\${1##*/}; echo "$$ \${*:2}" >>"${folder}/$name"; [ "$name" = pods.pl ] || echo 4711`,
  );
  shipping = spawn("bash", [join(folder, "ship.sh"), "storage", "9428", "/insert/journald"], {
    env: {
      PATH: `${folder}/bin:${process.env.PATH ?? ""}`,
      STATE: join(folder, "state"),
      JOURNAL: "/j",
      PODS: "/p",
    },
    stdio: "ignore",
    detached: true,
  });
});
afterEach(() => {
  // Its shells as well, which would begin all of it again.
  try {
    if (shipping.pid !== undefined) process.kill(-shipping.pid, "SIGKILL");
  } catch {
    // All of it has ended.
  }
  rmSync(folder, { recursive: true, force: true });
});

const all = async () => {
  await expect.poll(() => begun("upload").length * begun("pods.pl").length, soon).toBeGreaterThan(0);
  return [...begun("upload"), ...begun("pods.pl"), ...begun("redact.pl")];
};

it("the journal goes through what takes secrets out, and the pods' logs beside it", async () => {
  const carried = [`storage 9428 ${folder}/patterns the chain`];
  expect((await all()).map(({ told }) => told.replace(/=\S+\/state /, "=NOTE "))).toEqual([
    "--directory=/j --save-state=NOTE --url=http://127.0.0.1:4711/insert/journald",
    `${carried.join()} /p ${folder}/state/pods`,
    ...carried,
  ]);
});

it.each([
  ["upload", "pods.pl"],
  ["pods.pl", "upload"],
])("when %s ends it begins again, and %s goes on", async (dead, other) => {
  await all();
  process.kill(begun(dead)[0]?.pid ?? 0, "SIGKILL");
  await expect.poll(() => begun(dead).length, soon).toBe(2);
  expect(begun(other)).toHaveLength(1);
  expect(lives(begun(other)[0]?.pid ?? 0)).toBe(true);
});

it("SIGTERM ends all of it", async () => {
  const each = await all();
  const over = once(shipping, "exit");
  shipping.kill("SIGTERM");
  expect(await over).toEqual([0, null]);
  await expect.poll(() => each.filter(({ pid }) => lives(pid)), soon).toEqual([]);
});

it("how far the journal has come is on the disk, and never half of it", async () => {
  await all();
  const path = note("LAST_CURSOR=later\n");
  expect(path.startsWith(folder)).toBe(false);
  await expect.poll(() => readFileSync(kept(), "utf8"), soon).toBe("LAST_CURSOR=later\n");
  // A disk that is full, or a power cut: the note is empty.
  note("");
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(readFileSync(kept(), "utf8")).toBe("LAST_CURSOR=later\n");
});

it("the journal goes on where it was, and what came in the last moment is noted at the end", async () => {
  await all();
  expect(readFileSync(noted(), "utf8")).toBe("LAST_CURSOR=before\n");
  const over = once(shipping, "exit");
  note("LAST_CURSOR=last\n");
  shipping.kill("SIGTERM");
  await over;
  expect(readFileSync(kept(), "utf8")).toBe("LAST_CURSOR=last\n");
});
