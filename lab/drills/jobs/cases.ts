import { z } from "zod";
import { until } from "../../../tests/support/until";
import { onNode } from "../../../tests/support/lab";
import { seconds } from "../../../tests/support/pair";
import type { Prefect } from "../../../tests/support/prefect";
import { isRunning, marks, runsAgain, slotLimit, type Outcome } from "./measure";

/** A job that is begun while it runs: the second run is left out, with a word. */
export async function overlapping(prefect: Prefect): Promise<Outcome> {
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
export async function hanging(prefect: Prefect): Promise<Outcome> {
  const began = Date.now();
  const run = await prefect.ends(await prefect.begin("hangs"), 240);
  return {
    ...{ what: "the job hangs, and heeds no signal", at: "running", settled: (Date.now() - began) / 1000 },
    ...{ runs: run.state?.name ?? "?", counted: "-" },
    wrong: run.state?.name === "TimedOut" ? [] : ["it was not ended at its limit"],
  };
}

/** A job of each minute whose worker is away for four of them: of what was missed one run makes up for all. */
export async function caughtUp(prefect: Prefect): Promise<Outcome> {
  const job = "each-minute";
  const id = await prefect.deployment(job);
  const pause = (paused: boolean) => prefect.ask("PATCH", `/deployments/${id}`, z.unknown(), { paused });
  onNode("storage", "systemctl stop jobs");
  const left = Date.now();
  await pause(false);
  await seconds(250);
  const back = Date.now();
  onNode("storage", "systemctl start jobs");
  const missed = await until(
    "that what was missed is settled",
    async () => {
      const due = (await prefect.runsOf(job)).filter((run) => {
        const at = Date.parse(run.expected_start_time ?? "");
        return at > left && at < back - 10_000 && run.state?.type !== "CANCELLED";
      });
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

/** The server's clock is wrong for a minute. What Prefect says of times is not believed here. */
export async function clockTurned(
  prefect: Prefect,
  turn: (offset: number) => Promise<void>,
  hours: number,
): Promise<Outcome> {
  const id = await prefect.begin("long");
  await until("that it runs", () => (isRunning("long") ? true : undefined), 120);
  await turn(hours * 3600);
  await seconds(60);
  await turn(0);
  const right = Date.now();
  const run = await prefect.ends(id, 600);
  const settled = (Date.now() - right) / 1000;
  const free = Date.now();
  await runsAgain(prefect, "long");
  const again = (Date.now() - free) / 1000;
  const [begun, done] = [marks("long", "begun", id), marks("long", "done", id)];
  return {
    ...{ what: `the server's clock is ${hours} h ahead for a minute`, at: "running", settled, again },
    ...{ runs: run.state?.name ?? "?", counted: `${begun}, ${done}` },
    wrong: [
      ...(begun === 1 && done === 1 ? [] : ["the job did not run to its end, once"]),
      ...(settled > slotLimit ? [`a slot was taken for nothing for ${settled.toFixed(0)} s`] : []),
    ],
  };
}
