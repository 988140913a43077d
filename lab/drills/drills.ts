/**
 * make drills [FULL=1] [ONLY=cut,power]: all drills, one after the other, and a report of them in docs/drills. Pages of
 * docs/runbooks that were gone through get the date. ROUNDS and the like, where given, are the drills' own. Nothing that a drill says is thrown away: reports/drills/DATE/NAME.log.
 */
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { errorMessage } from "../../packages/errors";
import { drills, switchedOn, type Drill } from "./list";
import { gonethrough, markdown, noted, type Outcome, type Walked } from "./report";

const root = join(__dirname, "../..");
const full = (process.env.FULL ?? "") !== "";
const only = (process.env.ONLY ?? "").split(",").filter((name) => name !== "");
const date = new Date().toISOString().slice(0, 10);
const logs = `reports/drills/${date}`;
const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

/** Runs one in a process group of its own, which is ended when its time is over. */
async function walk(drill: Drill): Promise<Outcome> {
  if (only.length > 0 && !only.includes(drill.name))
    return { kind: "not run", why: "others were asked for (`ONLY`)" };
  const lack = drill.lacks?.();
  if (lack !== undefined) return { kind: "not run", why: lack };
  const { words, environment } = full ? (drill.full ?? drill.short) : drill.short;
  const [command = "", ...args] = words;
  const log = `${logs}/${drill.name}.log`;
  writeFileSync(join(root, log), `$ ${words.join(" ")}\n`);
  const began = Date.now();
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
  const timer = setTimeout(
    () => {
      over.late = true;
      if (begun.pid !== undefined) process.kill(-begun.pid, "SIGTERM");
    },
    (full ? 60 : 1) * drill.minutes * 60_000,
  );
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
  clearTimeout(timer);
  const why = over.late ? `it was stopped after ${drill.minutes} minutes` : ended;
  const result = { seconds: (Date.now() - began) / 1000, log, ...heard };
  return why === "" ? { kind: "passed", ...result } : { kind: "failed", why, ...result };
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
  const began = Date.now();
  const walked: Walked[] = [];
  for (const drill of drills) {
    say(`${drill.name}: ${drill.does}`);
    const outcome = await walk(drill);
    say(`${drill.name}: ${outcome.kind}${outcome.kind === "passed" ? "" : `: ${outcome.why ?? ""}`}`);
    walked.push({ drill, outcome });
  }
  const commit = execFileSync("git", ["-C", root, "rev-parse", "--short=12", "HEAD"], {
    encoding: "utf8",
  }).trim();
  const house = {
    ...{ date, full, commit, switchedOn: switchedOn() },
    computer: `${cpus().length} cores`,
    seconds: (Date.now() - began) / 1000,
  };
  const page = `docs/drills/${date}.md`;
  writeFileSync(join(root, page), markdown(house, walked));
  note(walked);
  execFileSync(
    "npx",
    ["--no-install", "prettier", "--write", "--log-level", "warn", "docs/drills", "docs/runbooks"],
    { cwd: root },
  );
  process.stdout.write(`The report: ${page}\n`);
  if (walked.some(({ outcome }) => outcome.kind === "failed")) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
