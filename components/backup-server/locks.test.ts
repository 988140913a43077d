import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const library = join(__dirname, "scripts/lib.sh");
let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "homelab-locks-"));
  writeFileSync(join(folder, "config"), `BACKUP_DIRECTORY=${folder}\nMETRICS_DIRECTORY=${folder}/metrics\n`);
  env = { ...process.env, HOMELAB_BACKUP_CONFIG: join(folder, "config"), LOG: join(folder, "log") };
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const started = (script: string, more: NodeJS.ProcessEnv = {}) =>
  new Promise<{ code: number | null; said: string }>((resolve) => {
    const child = spawn("bash", ["-c", `source "${library}"\n${script}`], { env: { ...env, ...more } });
    let said = "";
    child.stderr.on("data", (text: Buffer) => (said += text.toString()));
    child.on("close", (code) => {
      resolve({ code, said });
    });
  });

const busy = "busy() { sleep 0.5; }";
const kinds = [
  ...["postgres", "postgres-drill", "dump", "restore", "from-off-node", "accept-cluster"],
  ...["buckets", "buckets-restore", "off-node", "off-node-wal", "keep"],
];
/** Whoever changes what another needs as it is, or changes too. */
const apart = new Set(
  [
    ...["postgres", "postgres-drill", "dump", "off-node", "off-node-wal"].map((kind) => `restore ${kind}`),
    ...kinds.map((kind) => `from-off-node ${kind}`),
    ...["postgres", "restore"].map((kind) => `accept-cluster ${kind}`),
    ...["postgres-drill", "buckets-restore", "off-node"].map((kind) => `buckets ${kind}`),
    "keep off-node",
    ...kinds.map((kind) => `${kind} ${kind}`),
  ].map((pair) => pair.split(" ").sort().join(" ")),
);

it.each(kinds)("while %s is at work, only what it does not disturb may begin", async (one) => {
  const other = `: >"$LOG"; for other in ${kinds.join(" ")}; do
  if (LOCK_PATIENCE=0 alone "$other" true) 2>/dev/null; then echo "$other" >>"$LOG"; fi
done`;
  expect(await started(`others() { ${other}; }\nalone ${one} others`)).toMatchObject({ code: 0 });
  expect(
    readFileSync(join(folder, "log"), "utf8")
      .split("\n")
      .filter((line) => line !== ""),
  ).toEqual(kinds.filter((other) => !apart.has([one, other].sort().join(" "))));
});

describe("a lock", () => {
  it("is waited for no longer than allowed, with a sentence that says who holds it", async () => {
    const first = started(`${busy}\nalone buckets busy`);
    await new Promise((resolve) => setTimeout(resolve, 150));
    const { code, said } = await started("alone off-node true", { LOCK_PATIENCE: "0.01" });
    expect(code).toBe(1);
    expect(said).toMatch(/Waits for buckets \(process \d+, at work since /);
    expect(said).toMatch(/The off-node has not begun: try again/);
    await first;
  });

  it("of a killed job is gone with it, and what it started apart does not hold it", () => {
    const { stdout, stderr } = spawnSync(
      "bash",
      [
        "-c",
        `source "${library}"
left() { without_locks bash -c 'sleep 5 >/dev/null 2>&1 & echo $! >"$0"' "$BACKUP_DIRECTORY/left"; kill -KILL $BASHPID; }
(alone buckets left) || true
kill -0 "$(cat "$BACKUP_DIRECTORY/left")" && alone buckets echo works
kill "$(cat "$BACKUP_DIRECTORY/left")"`,
      ],
      { env, encoding: "utf8" },
    );
    expect({ stdout, stderr }).toMatchObject({ stdout: "works\n" });
  });
});

it("a second run of a job says so, and tells Prometheus nothing", async () => {
  const first = started(`${busy}\njob buckets busy`);
  await new Promise((resolve) => setTimeout(resolve, 150));
  const { code, said } = await started("job buckets true");
  expect(code).toBe(1);
  expect(said).toMatch(/Another buckets is at work, buckets \(process \d+/);
  expect((await first).code).toBe(0);
  expect(readFileSync(join(folder, "metrics/homelab_job_buckets.prom"), "utf8")).toContain(
    'homelab_job_success{job_kind="buckets"} 1\n',
  );
});

describe("the clock", () => {
  const now = Math.floor(Date.now() / 1000);
  const doubt = (setup: string, ...moments: number[]) =>
    spawnSync(
      "bash",
      ["-c", `source "${library}"\nsynchronized() { true; }\n${setup}\nclock_doubt ${moments.join(" ")}`],
      { env, encoding: "utf8" },
    ).stdout;

  it("may be trusted when it stands after everything that is known", () => {
    expect(doubt("", now - 86_400)).toBe("");
  });
  it.each([
    ["of 1970", 0],
    ["of 2018", 1_514_764_800],
    ["an hour back", now - 3600],
  ])("%s is before something that has happened", (_what, then) => {
    const set = `date() { if [ "$*" = +%s ]; then echo ${then}; else command date "$@"; fi; }`;
    expect(doubt(set, now)).toMatch(/but something here was made at .*nothing old is taken away/);
    expect(doubt(`${set}\necho "${now} 1 1" >"$notes/buckets.success"`)).toMatch(/nothing old is taken away/);
  });
  it("that was ahead is trusted again when somebody says that it is right now", () => {
    const later = now + 365 * 86_400;
    expect(doubt("", later)).toMatch(/homelab restore accept-clock/);
    expect(doubt(`accept_clock ${later}`, later, now - 10)).toBe("");
    expect(doubt("", later + 10)).toMatch(/nothing old is taken away/);
  });
  it("that nothing keeps right takes nothing away", () => {
    expect(doubt("synchronized() { false; }", now)).toMatch(/not synchronized.*nothing old is taken away/);
  });
});
