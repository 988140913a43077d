import { longestGap, type Jobs } from "../../packages/jobs";
import type { Deployment } from "../../provider/sdk/prefect";

type Job = Jobs[string];

/** How long a run waits for a node that it needs and that is off, seconds. */
const patienceOf = ({ needs, patience = 3600 }: Job): number => (needs === undefined ? 0 : patience);

/** How long a run may take with all its attempts, seconds; one without a limit of its own is looked at after an hour. */
function longestRun({ timeout = 3600, retries, backoff }: Job): number {
  const waits = Array.from({ length: retries }, (_, i) => Math.min(backoff * 2 ** i, 86_400));
  return timeout * (retries + 1) + waits.reduce((sum, one) => sum + one, 0);
}

/** An answer for each name, worked out once: many jobs wait for the same ones, and begin at the same times. */
function once<V>(answer: (name: string) => V): (name: string) => V {
  const known = new Map<string, { readonly is: V }>();
  return (name) => {
    const found = known.get(name) ?? { is: answer(name) };
    known.set(name, found);
    return found.is;
  };
}

/** What jobs that wait for others have of these. */
function chains(jobs: Jobs) {
  /** Jobs that lead to a job and wait for none themselves. */
  const rootsOf: (name: string) => ReadonlySet<string> = once((name) => {
    const after = jobs[name]?.after ?? [];
    return after.length === 0 ? new Set([name]) : new Set(after.flatMap((before) => [...rootsOf(before)]));
  });
  const gapOf = once((schedule) => longestGap(JSON.parse(schedule) as NonNullable<Job["schedule"]>));
  /** After how long without success something is wrong, seconds; undefined for what no schedule begins. */
  const dueAfter: (name: string) => number | undefined = once((name) => {
    const job = jobs[name];
    // One that may be left out each time is waited for by nobody, and neither is what comes after it.
    if (job === undefined || job.whenOff === "skip") return undefined;
    if (job.schedule !== undefined)
      return gapOf(JSON.stringify(job.schedule)) + patienceOf(job) + longestRun(job) + 600;
    const before = job.after.map(dueAfter);
    const known = before.filter((one) => one !== undefined);
    // One of those that it waits for is begun by hand: so is this.
    return before.length === 0 || known.length < before.length
      ? undefined
      : Math.max(...known) + patienceOf(job) + longestRun(job);
  });
  /** Jobs that begin when this one, and the others that they wait for, have succeeded. */
  const nextOf = (name: string) =>
    Object.entries(jobs)
      .filter(([, { after }]) => after.includes(name))
      .map(([job, { after }]) => ({ job, after, chain: rootsOf(job).size === 1 }));
  return { dueAfter, nextOf };
}

function scheduleOf({ schedule }: Job): Deployment["schedule"] {
  if (schedule === undefined) return undefined;
  return "every" in schedule
    ? { interval: schedule.every, anchor_date: "2020-01-01T00:00:00Z", timezone: "UTC" }
    : { cron: schedule.cron, timezone: schedule.timezone, day_or: schedule.dayOr };
}

/** What the script reads that looks after runs whose node is off (scripts/needs.py). */
function needsOf(job: Job): Deployment["labels"] {
  if (job.needs === undefined) return {};
  return {
    "homelab.needs": job.needs,
    "homelab.whenOff": job.whenOff ?? "wait",
    "homelab.wake": job.wake ? 1 : 0,
    "homelab.patience": patienceOf(job),
  };
}

/** The queue of a worker's pool in which jobs wait that need a node; it is paused while that node is off. */
const queueFor = (needs: Job["needs"]): string => (needs === undefined ? "default" : `needs-${needs}`);

/** The deployments that jobs.yaml comes to, by name. */
export function plannedJobs(jobs: Jobs): Record<string, Deployment> {
  const { dueAfter, nextOf } = chains(jobs);
  return Object.fromEntries(
    Object.entries(jobs).map(([name, job]) => {
      const schedule = scheduleOf(job);
      const due = job.enabled ? dueAfter(name) : undefined;
      return [
        name,
        {
          pool: job.node,
          queue: queueFor(job.needs),
          paused: !job.enabled,
          description: job.from === undefined ? "" : `from ${job.from}`,
          ...(schedule === undefined ? {} : { schedule }),
          overlap: job.overlap,
          parameters: { job: name, retries: job.retries, backoff: job.backoff, then: nextOf(name) },
          labels: {
            "homelab.limit": longestRun(job) + 120,
            ...(due === undefined ? {} : { "homelab.due": due }),
            ...(job.notify.length === 0 ? {} : { "homelab.notify": job.notify.join(",") }),
            ...needsOf(job),
          },
        },
      ];
    }),
  );
}
