import { columns } from "../../../cli/terminal";
import { errorMessage } from "../../../packages/errors";
import { until } from "../../../tests/support/until";
import { Prefect, type PrefectRun, type PrefectState } from "../../../tests/support/prefect";
import { caughtUp, clockTurned, hanging, overlapping } from "./cases";
import { withTurnedClock } from "./clock";
import { faults, plainFaults, type Fault } from "./faults";
import { isRunning, marks, runsAgain, slotLimit, type Outcome } from "./measure";
import { withPlainJob } from "./plain";

/**
 * `make drill-jobs`: each fault is really made while jobs run. Measured is how long it takes until every run is settled and
 * until the job runs again; whether the job ran, and how often, is counted by the marks that it writes itself. ONLY_OF, a regular
 * expression, picks some by what they are called.
 */

const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

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
    wrong:
      fault.compared === true
        ? []
        : [
            ...counted.flatMap(({ job, run, begun, done }) => judge(fault, job, run, begun, done)),
            ...(idle > slotLimit ? [`a slot was taken for nothing for ${idle.toFixed(0)} s`] : []),
          ],
  };
}

interface Try {
  readonly what: string;
  readonly make: () => Promise<Outcome>;
}
const only = new RegExp(process.env.ONLY_OF ?? "");

async function goThrough(tries: readonly Try[], outcomes: Outcome[]): Promise<void> {
  for (const { what, make } of tries) {
    say(what);
    try {
      outcomes.push(await make());
    } catch (error) {
      outcomes.push({ what, at: "", runs: "?", counted: "?", wrong: [errorMessage(error)] });
    }
    say(outcomes.at(-1)?.wrong.join("; ") ?? "");
  }
}

async function main(): Promise<void> {
  const prefect = new Prefect();
  const outcomes: Outcome[] = [];
  const asked = (tries: readonly Try[]) => tries.filter((one) => only.test(one.what));
  const broken = (fault: Fault) => ({ what: `${fault.what}, ${fault.at}`, make: () => make(fault, prefect) });
  await goThrough(
    asked([
      ...faults.map(broken),
      { what: "a job begun twice", make: () => overlapping(prefect) },
      { what: "a job that hangs", make: () => hanging(prefect) },
      { what: "a worker that was away", make: () => caughtUp(prefect) },
    ]),
    outcomes,
  );
  const clocks = [1, -1]
    .map((hours) => ({ hours, what: `the server's clock is ${hours} h ahead, running` }))
    .filter(({ what }) => only.test(what));
  if (clocks.length > 0)
    await withTurnedClock((turn) =>
      goThrough(
        clocks.map(({ hours, what }) => ({ what, make: () => clockTurned(prefect, turn, hours) })),
        outcomes,
      ),
    );
  const compared = asked(plainFaults.map(broken));
  if (compared.length > 0) await withPlainJob(prefect, () => goThrough(compared, outcomes));
  if (outcomes.length === 0) throw new Error(`No fault is called as ONLY_OF asks: ${only.source}`);
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
