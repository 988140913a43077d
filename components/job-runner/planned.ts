import { longestGap, type Jobs } from "../../packages/jobs";
import type { Deployment } from "../../provider/sdk/prefect";

type Job = Jobs[string];

/** How long a run may take with all its attempts, seconds; one without a limit of its own is looked at after an hour. */
function longestRun({ timeout = 3600, retries, backoff }: Job): number {
  const waits = Array.from({ length: retries }, (_, i) => Math.min(backoff * 2 ** i, 86_400));
  return timeout * (retries + 1) + waits.reduce((sum, one) => sum + one, 0);
}

/** Jobs that lead to a job and wait for none themselves. */
function rootsOf(jobs: Jobs, name: string): Set<string> {
  const after = jobs[name]?.after ?? [];
  return after.length === 0
    ? new Set([name])
    : new Set(after.flatMap((before) => [...rootsOf(jobs, before)]));
}

/** After how long without success something is wrong, seconds; undefined for what no schedule begins. */
function dueAfter(jobs: Jobs, name: string): number | undefined {
  const job = jobs[name];
  if (job === undefined) return undefined;
  if (job.schedule !== undefined) return longestGap(job.schedule) + longestRun(job) + 600;
  const before = job.after.map((other) => dueAfter(jobs, other));
  const known = before.filter((one) => one !== undefined);
  // One of those that it waits for is begun by hand: so is this.
  return before.length === 0 || known.length < before.length
    ? undefined
    : Math.max(...known) + longestRun(job);
}

/** Jobs that begin when this one, and the others that they wait for, have succeeded. */
const nextOf = (jobs: Jobs, name: string) =>
  Object.entries(jobs)
    .filter(([, { after }]) => after.includes(name))
    .map(([job, { after }]) => ({ job, after, chain: rootsOf(jobs, job).size === 1 }));

function scheduleOf({ schedule }: Job): Deployment["schedule"] {
  if (schedule === undefined) return undefined;
  return "every" in schedule
    ? { interval: schedule.every, anchor_date: "2020-01-01T00:00:00Z", timezone: "UTC" }
    : { cron: schedule.cron, timezone: schedule.timezone, day_or: schedule.dayOr };
}

/** The deployments that jobs.yaml comes to, by name. */
export function plannedJobs(jobs: Jobs): Record<string, Deployment> {
  return Object.fromEntries(
    Object.entries(jobs).map(([name, job]) => {
      const schedule = scheduleOf(job);
      const due = job.enabled ? dueAfter(jobs, name) : undefined;
      return [
        name,
        {
          pool: job.node,
          paused: !job.enabled,
          description: job.from === undefined ? "" : `from ${job.from}`,
          ...(schedule === undefined ? {} : { schedule }),
          overlap: job.overlap,
          parameters: { job: name, retries: job.retries, backoff: job.backoff, then: nextOf(jobs, name) },
          labels: {
            "homelab.limit": longestRun(job) + 120,
            ...(due === undefined ? {} : { "homelab.due": due }),
          },
        },
      ];
    }),
  );
}
