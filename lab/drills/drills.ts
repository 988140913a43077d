/**
 * make drills [FULL=1] [ONLY=cut,power]: all drills, one after the other, and a report of them in docs/drills. Pages of
 * docs/runbooks that were gone through get the date. ROUNDS and the like, where given, are the drills' own. Nothing that a
 * drill says is thrown away: reports/drills/DATE/NAME.log. With ONLY the report keeps what others came to on the same day.
 * SLOWER=3 gives each three times as long, on a computer that has other things to do.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { errorMessage } from "../../packages/errors";
import { drills, limitOf, switchedOn, together, type Drill } from "./list";
import { gonethrough, markdown, noted, type Circumstances, type Outcome, type Walked } from "./report";

const root = join(__dirname, "../..");
const slower = Number(process.env.SLOWER ?? "1");
const full = (process.env.FULL ?? "") !== "";
const only = (process.env.ONLY ?? "").split(",").filter((name) => name !== "");
const date = new Date().toISOString().slice(0, 10);
const logs = `reports/drills/${date}`;
const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

/** What a drill came to, for the report of a later run of the day. */
const kept = (drill: Drill) => join(root, logs, `${drill.name}.json`);

function keep(drill: Drill, outcome: Outcome, circumstances: Circumstances): void {
  if (outcome.kind !== "not run")
    writeFileSync(kept(drill), JSON.stringify({ ...outcome, earlier: circumstances }));
}

const notAsked = (drill: Drill): Outcome =>
  existsSync(kept(drill))
    ? (JSON.parse(readFileSync(kept(drill), "utf8")) as Outcome)
    : { kind: "not run", why: "others were asked for (`ONLY`)" };

const began = Date.now();
/** Minutes of the hour that are left; of a whole run, any. */
const left = () => (full ? Infinity : slower * together - (Date.now() - began) / 60_000) / slower;

/** Runs one in a process group of its own, which is ended when its time is over. */
async function walk(drill: Drill): Promise<Outcome> {
  const lack = drill.lacks?.();
  if (lack !== undefined) return { kind: "not run", why: lack };
  const limit = limitOf(drill, left());
  if (limit === undefined)
    return { kind: "not run", why: `the hour was over (\`make drills ONLY=${drill.name}\` runs it)` };
  const { words, environment } = full ? (drill.full ?? drill.short) : drill.short;
  const [command = "", ...args] = words;
  const log = `${logs}/${drill.name}.log`;
  writeFileSync(join(root, log), `$ ${words.join(" ")}\n`);
  const start = Date.now();
  const begun = spawn(command, args, {
    cwd: root,
    env: { ...environment, ...process.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const heard = { said: "", complaints: "" };
  const hear = (key: keyof typeof heard) => (data: Buffer) => {
    heard[key] += data.toString();
    if (key === "said") heard.complaints += data.toString();
    appendFileSync(join(root, log), data);
  };
  begun.stdout.on("data", hear("said"));
  begun.stderr.on("data", hear("complaints"));
  const over = { late: false };
  const time = (full ? 60 : slower) * limit * 60_000;
  const end = (signal: "SIGTERM" | "SIGKILL") => {
    over.late = true;
    if (begun.pid !== undefined) process.kill(-begun.pid, signal);
  };
  // Told to end, a drill has a minute for what it still has to do.
  const timers = [setTimeout(end, time, "SIGTERM"), setTimeout(end, time + 60_000, "SIGKILL")];
  const ended = await new Promise<string>((resolve) => {
    begun.once("error", (error) => {
      resolve(errorMessage(error));
    });
    begun.once("close", (code, signal) => {
      resolve(
        code === 0 ? "" : code === null ? `it was ended by ${signal ?? "a signal"}` : `it ended with ${code}`,
      );
    });
  });
  timers.forEach(clearTimeout);
  const result = { seconds: (Date.now() - start) / 1000, log, ...heard };
  const why = over.late ? `it was stopped after ${Math.round(result.seconds / 60)} minutes` : ended;
  return why === "" ? { kind: "passed", ...result } : { kind: "failed", why, ...result };
}

/** A drill that failed leaves the house in the middle of something; the next one is not to pay for it. */
function putBack(log: string): void {
  say("the house is put back: lab/up");
  const { status, stdout, stderr } = spawnSync(join(root, "lab/up"), { cwd: root, encoding: "utf8" });
  appendFileSync(join(root, log), `$ lab/up, after the drill\n${stdout}${stderr}`);
  if (status !== 0) say(`lab/up ended with ${String(status)}: ${log} has what it said.`);
}

function note(walked: readonly Walked[]): void {
  for (const [runbook, names] of gonethrough(walked)) {
    const path = join(root, `docs/runbooks/${runbook}.md`);
    writeFileSync(path, noted(readFileSync(path, "utf8"), date, names));
  }
}

async function main(): Promise<void> {
  const unknown = only.filter((name) => !drills.some((drill) => drill.name === name));
  if (unknown.length > 0)
    throw new Error(
      `There is no drill ${unknown.join(", ")}: ONLY takes ${drills.map(({ name }) => name).join(", ")}.`,
    );
  mkdirSync(join(root, logs), { recursive: true });
  mkdirSync(join(root, "docs/drills"), { recursive: true });
  const commit = execFileSync("git", ["-C", root, "rev-parse", "--short=12", "HEAD"], {
    encoding: "utf8",
  }).trim();
  const circumstances = { full, commit, switchedOn: switchedOn() };
  const walked: Walked[] = [];
  for (const drill of drills) {
    if (only.length > 0 && !only.includes(drill.name)) {
      walked.push({ drill, outcome: notAsked(drill) });
      continue;
    }
    say(`${drill.name}: ${drill.does}`);
    const outcome = await walk(drill);
    say(`${drill.name}: ${outcome.kind}${outcome.kind === "passed" ? "" : `: ${outcome.why ?? ""}`}`);
    keep(drill, outcome, circumstances);
    if (outcome.kind === "failed") putBack(outcome.log);
    walked.push({ drill, outcome });
  }
  const former = readdirSync(join(root, "docs/drills"))
    .map((file) => file.replace(/\.md$/, ""))
    .filter((day) => day < date)
    .sort()
    .at(-1);
  const house = { date, ...circumstances, computer: `${cpus().length} cores`, former };
  const page = `docs/drills/${date}.md`;
  writeFileSync(join(root, page), markdown(house, walked));
  note(walked);
  execFileSync(
    "npx",
    ["--no-install", "prettier", "--write", "--log-level", "warn", "docs/drills", "docs/runbooks"],
    { cwd: root },
  );
  process.stdout.write(`The report: ${page}\n`);
  if (walked.some(({ outcome }) => outcome.kind === "failed" && outcome.earlier === undefined))
    process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
