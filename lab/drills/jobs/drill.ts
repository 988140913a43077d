import { columns } from "../../../cli/terminal";
import { errorMessage } from "../../../packages/errors";
import { until } from "../../../tests/support/alerts";
import { onNode } from "../../../tests/support/lab";
import { Prefect, type PrefectRun } from "../../../tests/support/prefect";

/**
 * `make drill-jobs`: each fault is really made on storage while a job of 45 seconds runs there. Measured is how long it takes
 * until the run is settled and until the job runs again, and whether the job itself ran to its end, once.
 */
interface Fault {
  readonly what: string;
  /** When it is made. */
  readonly at: "handing over" | "running";
  readonly breaks: string;
  /** States in which the run may end. */
  readonly ends: readonly string[];
  /** Whether the job itself has to run to its end. */
  readonly goesOn: boolean;
}

const job = "long";
const unit = `homelab-job-${job}.service`;

const running = (what: string, breaks: string, end: string, goesOn = true): Fault => ({
  ...{ what, at: "running", breaks, ends: [end], goesOn },
});
const handing = (what: string, breaks: string): Fault => ({
  ...{ what, at: "handing over", breaks, ends: ["COMPLETED", "CRASHED"], goesOn: false },
});
const kill = (container: string) => `podman kill --signal KILL ${container}`;
const faults: readonly Fault[] = [
  running("the worker is killed", kill("jobs"), "CRASHED"),
  running("the server is killed", kill("prefect"), "COMPLETED"),
  running("PostgreSQL is restarted", "systemctl restart postgres", "COMPLETED"),
  running("somebody ends the job on its node", `systemctl stop ${unit}`, "FAILED", false),
  handing("the server is killed", kill("prefect")),
  handing("the worker is killed", kill("jobs")),
];

const say = (text: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
const count = (line: string, since: number) =>
  onNode("storage", `journalctl -q -o cat -u ${unit} --since @${since} | grep -cx ${line} || true`).trim();
const isRunning = () => onNode("storage", `systemctl is-active ${unit} || true`).trim() === "active";

interface Outcome {
  readonly fault: Fault;
  readonly run?: PrefectRun;
  /** Seconds from the fault until the run had an end. */
  readonly settled?: number;
  /** Seconds from then, and from the job's own end, until the job ran again. */
  readonly again?: number;
  readonly lines?: string;
  readonly wrong: string;
}

async function make(fault: Fault, prefect: Prefect): Promise<Outcome> {
  await until("that nothing runs", () => (isRunning() ? undefined : true), 120);
  const since = Math.floor(Date.now() / 1000);
  const id = await prefect.begin(job);
  if (fault.at === "running") await until("that it runs", () => (isRunning() ? true : undefined), 120);
  else await prefect.reaches(id, ["PENDING", "RUNNING"], 120);
  const broken = Date.now();
  onNode("storage", fault.breaks);
  const run = await prefect.ends(id, 300);
  const settled = (Date.now() - broken) / 1000;
  await until("that the job ends", () => (isRunning() ? undefined : true), 120);
  const [begun, done] = [count("begun", since), count("done", since)];
  const ended = Date.now();
  const next = await until(
    "that the job runs again",
    async () => {
      const one = await prefect.begin(job).catch(() => undefined);
      if (one === undefined) return undefined;
      const { state } = await prefect.reaches(one, ["RUNNING", "CANCELLED", "CRASHED"], 120);
      return state?.type === "RUNNING" ? one : undefined;
    },
    240,
  );
  const again = (Date.now() - ended) / 1000;
  await prefect.ends(next, 240);
  const wrong = [
    ...(fault.ends.includes(run.state?.type ?? "") ? [] : [`ended as ${run.state?.name ?? "nothing"}`]),
    ...(Number(begun) > 1 ? ["the job ran twice"] : []),
    ...(fault.goesOn && done !== "1" ? ["the job did not run to its end"] : []),
  ].join("; ");
  return { fault, run, settled, again, lines: `${begun}, ${done}`, wrong };
}

async function main(): Promise<void> {
  const prefect = new Prefect();
  const outcomes: Outcome[] = [];
  for (const fault of faults) {
    say(`${fault.what}, ${fault.at}`);
    try {
      outcomes.push(await make(fault, prefect));
    } catch (error) {
      outcomes.push({ fault, wrong: errorMessage(error) });
    }
  }
  const seconds = (value: number | undefined) => (value === undefined ? "?" : `${value.toFixed(0)} s`);
  const rows = outcomes.map(({ fault, run, settled, again, lines = "?", wrong }) => [
    ...[fault.what, fault.at, run?.state?.name ?? "?", seconds(settled), seconds(again), lines],
    wrong === "" ? "as it should" : wrong,
  ]);
  const head = ["fault", "while", "the run", "settled after", "runs again after", "begun, done", ""];
  process.stdout.write(`${columns([head, ...rows]).join("\n")}\n`);
  if (outcomes.some(({ wrong }) => wrong !== "")) process.exitCode = 1;
}

void main();
