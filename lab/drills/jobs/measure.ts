import { until } from "../../../tests/support/until";
import { onNode } from "../../../tests/support/lab";
import type { Prefect } from "../../../tests/support/prefect";
import { plainJob, plainMarks, plainRuns } from "./plain";

/** No slot may stay taken for longer by a run of which nothing runs, seconds. */
export const slotLimit = 120;

const nodeOf = (job: string) => (job === "long-desktop" ? "desktop" : "storage");
export const isRunning = (job: string) =>
  job === plainJob
    ? plainRuns()
    : onNode(nodeOf(job), `systemctl is-active homelab-job-${job}.service || true`).trim() === "active";

/** How often a job noted a word for this run. */
export const marks = (job: string, word: "begun" | "done", run: string) =>
  Number(
    onNode(
      nodeOf(job),
      `grep -csx '${word} ${run.replaceAll("-", "")}' ${job === plainJob ? plainMarks : "/var/tmp/homelab-jobs"} || true`,
    ).trim(),
  );

export interface Outcome {
  readonly what: string;
  readonly at: string;
  readonly runs: string;
  /** Seconds from the fault, or from its end, until each run had an end. */
  readonly settled?: number;
  /** Seconds for which a run had its slot while nothing of it ran: before it began, or after the job had ended. */
  readonly idle?: number;
  /** Seconds until a job was begun again and had come to its end. */
  readonly again?: number;
  readonly counted: string;
  readonly wrong: readonly string[];
}

/** Begins a job until it runs, and waits for its end. */
export async function runsAgain(prefect: Prefect, job: string): Promise<void> {
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
