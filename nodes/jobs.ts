import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { JobRunner, PrefectJobs, wrongNeeds } from "../components/job-runner";
import type { QuadletService } from "../components/quadlet-service";
import { UserError } from "../components/user-error";
import { errorMessage } from "../packages/errors";
import { readJobs, type Jobs } from "../packages/jobs";
import { requireAlwaysOn } from "../topology";
import type { StackContext } from "./run-stack";

/** The jobs of the house, from the file that the stack names. */
function jobsIn(context: StackContext): Jobs {
  const { file } = context.settings.jobs;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new UserError(
      `homelab:jobs.file is ${file}, which cannot be read: write it with \`npx homelab jobs import NODE --into ${file}\`, or as docs/jobs.md shows.`,
    );
  }
  let jobs: Jobs;
  try {
    jobs = readJobs(text, file);
  } catch (error) {
    throw new UserError(errorMessage(error));
  }
  const wrong = [...wrongNeeds(jobs, context.topology), ...wrongReceivers(jobs, context)];
  if (wrong.length > 0) throw new UserError(wrong.map((one) => `${file}: ${one}`).join("\n"));
  return jobs;
}

/** Whom jobs name that Alertmanager does not know, where Prefect's server is: a sentence each. */
function wrongReceivers(jobs: Jobs, { node, settings }: StackContext): string[] {
  if (!("prefect" in settings) || !settings.prefect.enabled) return [];
  const { enabled, receivers } = settings.alerts;
  const known = enabled ? Object.keys(receivers) : [];
  const named = Object.entries(jobs).flatMap(([name, { notify }]) => notify.map((who) => ({ name, who })));
  const unknown = [...new Set(named.map(({ who }) => who))].filter((who) => !known.includes(who));
  const there = !enabled
    ? `homelab:alerts.enabled is false on ${node.name}, so nobody can be told`
    : known.length === 0
      ? `homelab:alerts.receivers on ${node.name} has none`
      : `homelab:alerts.receivers on ${node.name} has ${known.join(", ")}`;
  return unknown.map((who) => {
    const [first, ...others] = named
      .filter((one) => one.who === who)
      .map(({ name }) => `jobs.${name}.notify`);
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
    return `${first ?? ""}${more} names ${who}, which is no receiver: ${there}. Declare it there, or take it out here.`;
  });
}

/**
 * The jobs of the house, read at most once: a thousand of them take a quarter of a second. Where the stack has anything of
 * them they are read at once, so that a mistake is told before anything is declared.
 */
export function jobsFile(context: StackContext): () => Jobs {
  const { settings } = context;
  let read: Jobs | undefined;
  const jobs = () => (read ??= jobsIn(context));
  if (settings.jobs.enabled || ("prefect" in settings && settings.prefect.enabled)) jobs();
  return jobs;
}

/** What begins this node's jobs, when its settings say so. Its worker needs it. */
export function deployJobRunner(
  { node, settings }: StackContext,
  jobs: () => Jobs,
  opts: pulumi.ComponentResourceOptions,
): JobRunner | undefined {
  if (!settings.jobs.enabled) return undefined;
  return new JobRunner("job-runner", { node, jobs: jobs(), sshIdentity: settings.sshIdentity }, opts);
}

/** All jobs of the house, in the Prefect server of this node. */
export function declareJobs(
  { node, topology, settings }: StackContext<"storage"> | StackContext<"desktop">,
  jobs: () => Jobs,
  { prefect }: Readonly<Record<string, QuadletService>>,
): void {
  if (prefect === undefined) return;
  const { password } = prefect.passwords;
  if (password === undefined) throw new Error("Prefect has no password.");
  new PrefectJobs(
    "prefect-jobs",
    {
      ...{ node: requireAlwaysOn(node, "Prefect"), topology, jobs: jobs() },
      ...{ port: settings.prefect.port, password, sshIdentity: settings.sshIdentity },
      ...(settings.metrics.enabled && "postgres" in settings
        ? {
            metrics: {
              directory: settings.backup.metricsDirectory,
              role: settings.prefect.role,
              database: settings.prefect.database,
            },
          }
        : {}),
      ...(settings.alerts.enabled ? { alertmanagerPort: settings.alerts.port } : {}),
    },
    { dependsOn: prefect.unit },
  );
}
