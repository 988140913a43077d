import { z } from "zod";
import { columns } from "../../../cli/terminal";
import { errorMessage } from "../../../packages/errors";
import { until } from "../../../tests/support/alerts";
import { onNode } from "../../../tests/support/lab";
import { seconds } from "../../../tests/support/pair";
import { Prefect, type PrefectRun, type PrefectState } from "../../../tests/support/prefect";
import { faults, type Fault } from "./faults";

/**
 * `make drill-jobs`: each fault is really made while jobs run. Measured is how long it takes until every run is settled and
 * until the job runs again; whether the job ran, and how often, is counted by the marks that it writes itself.
 */

/** No slot may stay taken for longer by a run of which nothing runs, seconds. */
const slotLimit = 120;

const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
const nodeOf = (job: string) => (job === "long-desktop" ? "desktop" : "storage");
const isRunning = (job: string) =>
  onNode(nodeOf(job), `systemctl is-active homelab-job-${job}.service || true`).trim() === "active";

/** How often a job noted a word for this run. */
const marks = (job: string, word: "begun" | "done", run: string) =>
  Number(
    onNode(nodeOf(job), `grep -cx '${word} ${run.replaceAll("-", "")}' /var/tmp/homelab-jobs || true`).trim(),
  );

interface Outcome {
  readonly what: string;
  readonly at: string;
  readonly runs: string;
  /** Seconds from the fault, or from its end, until each run had an end. */
  readonly settled?: number;
  /** Seconds for which a run had its slot while nothing of it ran: before it began, or after the job had ended. */
  readonly idle?: number;
  /** Seconds until a job ran again. */
  readonly again?: number;
  readonly counted: string;
  readonly wrong: readonly string[];
}

function judge(fault: Fault, job: string, run: PrefectRun, begun: number, done: number): string[] {
  const type = run.state?.type ?? "nothing";
  return [
    ...(fault.ends.includes(type) ? [] : [`${job} ended as ${type}: ${run.state?.message ?? ""}`]),
    ...(begun > 1 ? [`${job} ran ${begun} times`] : []),
    ...(type === "COMPLETED" && done !== 1 ? [`${job} is said to be done and did not run to its end`] : []),
    ...(fault.goesOn && done !== 1 ? [`${job} did not run to its end`] : []),
  ];
}

/** The longest time in seconds for which a run was handed to a worker and had not begun. */
function handedOver(states: readonly PrefectState[]): number {
  const lengths = states.map(({ type, timestamp }, i) => {
    if (type !== "PENDING" || states[i - 1]?.type === "PENDING") return 0;
    const next = states.slice(i).find((one) => one.type !== "PENDING");
    return (Date.parse(next?.timestamp ?? timestamp) - Date.parse(timestamp)) / 1000;
  });
  return Math.max(0, ...lengths);
}

async function make(fault: Fault, prefect: Prefect): Promise<Outcome> {
  const { jobs = ["long"] } = fault;
  const [first = ""] = jobs;
  await until("that nothing runs", () => (jobs.some(isRunning) ? undefined : true), 120);
  const runs = await Promise.all(jobs.map(async (job) => ({ job, id: await prefect.begin(job) })));
  const id = runs[0]?.id ?? "";
  if (fault.at === "running") await until("that it runs", () => (isRunning(first) ? true : undefined), 120);
  else await prefect.reaches(id, ["PENDING", "RUNNING"], 120);
  await fault.breaks();
  const broken = Date.now();
  const [ended, left] = await Promise.all([
    Promise.all(runs.map(async ({ job, id }) => ({ job, id, run: await prefect.ends(id, 600) }))),
    until("that the jobs end", () => (jobs.some(isRunning) ? undefined : Date.now()), 600),
  ]);
  const end = Math.max(...ended.map(({ run }) => Date.parse(run.end_time ?? "")));
  const settled = Math.max(0, end - broken) / 1000;
  const handed = await Promise.all(runs.map(async ({ id }) => handedOver(await prefect.statesOf(id))));
  // Until all have begun, nothing running does not say that they ended.
  const idle = Math.max(...handed, fault.at === "running" ? (end - Math.max(broken, left)) / 1000 : 0);
  const counted = ended.map((one) => ({
    ...one,
    begun: marks(one.job, "begun", one.id),
    done: marks(one.job, "done", one.id),
  }));
  const free = Date.now();
  await runsAgain(prefect, first);
  const again = (Date.now() - free) / 1000;
  const sum = (which: "begun" | "done") => counted.reduce((all, one) => all + one[which], 0);
  return {
    ...{ what: fault.what, at: fault.at, settled, idle, again },
    runs: [...new Set(ended.map(({ run }) => run.state?.name ?? "?"))].join(", "),
    counted: `${sum("begun")}, ${sum("done")}`,
    wrong: [
      ...counted.flatMap(({ job, run, begun, done }) => judge(fault, job, run, begun, done)),
      ...(idle > slotLimit ? [`a slot was taken for nothing for ${idle.toFixed(0)} s`] : []),
    ],
  };
}

/** Begins a job until it runs, and stops it. */
async function runsAgain(prefect: Prefect, job: string): Promise<void> {
  const next = await until(
    "that the job runs again",
    async () => {
      const one = await prefect.begin(job).catch(() => undefined);
      if (one === undefined) return undefined;
      const { state } = await prefect.reaches(one, ["RUNNING", "CANCELLED", "CRASHED", "COMPLETED"], 120);
      return state?.type === "RUNNING" || state?.type === "COMPLETED" ? one : undefined;
    },
    240,
  );
  await prefect.ends(next, 240);
}

/** A job that is begun while it runs: the second run is left out, with a word. */
async function overlapping(prefect: Prefect): Promise<Outcome> {
  const first = await prefect.begin("long");
  await until("that it runs", () => (isRunning("long") ? true : undefined), 120);
  const second = await prefect.begin("long");
  const began = Date.now();
  const left = await prefect.ends(second, 120);
  const settled = (Date.now() - began) / 1000;
  const run = await prefect.ends(first, 240);
  const [once, never] = [marks("long", "done", first), marks("long", "begun", second)];
  return {
    ...{ what: "the job is begun a second time", at: "running", settled },
    runs: `${run.state?.name ?? "?"}, ${left.state?.name ?? "?"}`,
    counted: `${once}, ${never}`,
    wrong: [
      ...(run.state?.type === "COMPLETED" && once === 1 ? [] : ["the first did not run to its end, once"]),
      ...(left.state?.type === "CANCELLED" && never === 0 ? [] : ["the second was not left out"]),
    ],
  };
}

/** A job that hangs is ended at its limit. */
async function hanging(prefect: Prefect): Promise<Outcome> {
  const began = Date.now();
  const run = await prefect.ends(await prefect.begin("hangs"), 240);
  return {
    ...{ what: "the job hangs, and heeds no signal", at: "running", settled: (Date.now() - began) / 1000 },
    ...{ runs: run.state?.name ?? "?", counted: "-" },
    wrong: run.state?.name === "TimedOut" ? [] : ["it was not ended at its limit"],
  };
}

/** A job of each minute whose worker is away for four of them: of what was missed one run makes up for all. */
async function caughtUp(prefect: Prefect): Promise<Outcome> {
  const job = "each-minute";
  const id = await prefect.deployment(job);
  const pause = (paused: boolean) => prefect.ask("PATCH", `/deployments/${id}`, z.unknown(), { paused });
  onNode("storage", "systemctl stop jobs");
  await pause(false);
  await seconds(250);
  const back = Date.now();
  onNode("storage", "systemctl start jobs");
  const missed = await until(
    "that what was missed is settled",
    async () => {
      const due = (await prefect.runsOf(job)).filter(
        (run) => Date.parse(run.expected_start_time ?? "") < back - 10_000 && run.state?.type !== "CANCELLED",
      );
      return due.some((run) => run.end_time !== null) && due.every((run) => run.end_time !== null)
        ? due
        : undefined;
    },
    180,
  ).finally(() => pause(true));
  const settled = (Date.now() - back) / 1000;
  const ran = missed.map((run) => marks(job, "done", run.id)).reduce((all, one) => all + one, 0);
  return {
    ...{ what: "the worker is away for four minutes", at: "due each minute", settled },
    ...{ runs: missed.map(({ state }) => state?.name ?? "?").join(", "), counted: `-, ${ran}` },
    wrong: ran === 1 ? [] : [`${ran} runs made up for what was missed`],
  };
}

async function main(): Promise<void> {
  const prefect = new Prefect();
  const outcomes: Outcome[] = [];
  const tried: readonly { readonly what: string; readonly make: () => Promise<Outcome> }[] = [
    ...faults.map((fault) => ({ what: `${fault.what}, ${fault.at}`, make: () => make(fault, prefect) })),
    { what: "a job begun twice", make: () => overlapping(prefect) },
    { what: "a job that hangs", make: () => hanging(prefect) },
    { what: "a worker that was away", make: () => caughtUp(prefect) },
  ];
  const only = new RegExp(process.env.ONLY ?? "");
  for (const { what, make } of tried.filter((one) => only.test(one.what))) {
    say(what);
    try {
      outcomes.push(await make());
    } catch (error) {
      outcomes.push({ what, at: "", runs: "?", counted: "?", wrong: [errorMessage(error)] });
    }
    say(outcomes.at(-1)?.wrong.join("; ") ?? "");
  }
  const took = (value: number | undefined) => (value === undefined ? "" : `${value.toFixed(0)} s`);
  const rows = outcomes.map(({ what, at, runs, settled, idle, again, counted, wrong }) => [
    ...[what, at, runs, took(settled), took(idle), took(again), counted],
    wrong.length === 0 ? "as it should" : wrong.join("; "),
  ]);
  const head = [
    "fault",
    "while",
    "the run",
    "settled after",
    "slot idle",
    "runs again after",
    "begun, done",
    "",
  ];
  process.stdout.write(`${columns([head, ...rows]).join("\n")}\n`);
  if (outcomes.some(({ wrong }) => wrong.length > 0)) process.exitCode = 1;
}

void main();
