import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { JobRunner, PrefectJobs, wrongNeeds } from "../components/job-runner";
import { program } from "../components/k3s";
import type { QuadletService } from "../components/quadlet-service";
import { UserError } from "../components/user-error";
import { errorMessage } from "../packages/errors";
import { isImage, jobsOn, programOf, readJobs, type Jobs } from "../packages/jobs";
import { requireAlwaysOn } from "../topology";
import type { StackContext } from "./run-stack";
import type { MemberOf } from "./services";

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
  const wrong = [
    ...wrongNeeds(jobs, context.topology),
    ...wrongImages(jobs, context),
    ...wrongReceivers(jobs, context),
  ];
  if (wrong.length > 0) throw new UserError(wrong.map((one) => `${file}: ${one}`).join("\n"));
  return jobs;
}

/** Jobs of this node that are images, where it is no member of the cluster: a sentence each. */
function wrongImages(jobs: Jobs, { node, settings }: StackContext): string[] {
  if (!settings.jobs.enabled || settings.k3s.enabled) return [];
  return jobsOn(jobs, node.name)
    .filter(([, job]) => isImage(programOf(job)))
    .map(
      ([name]) =>
        `jobs.${name} is an image, which runs in the cluster, and ${node.name} is no member of it: set homelab:k3s.enabled to true there and on storage, or make it a command of the node.`,
    );
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

/**
 * What begins this node's jobs, when its settings say so. Its worker needs it.
 * @param member the cluster, where the node is in it: for jobs that are images
 */
export function deployJobRunner(
  { node, settings }: StackContext,
  jobs: () => Jobs,
  opts: pulumi.ComponentResourceOptions,
  member: MemberOf | undefined,
): JobRunner | undefined {
  if (!settings.jobs.enabled) return undefined;
  return new JobRunner(
    "job-runner",
    {
      ...{ node, jobs: jobs(), sshIdentity: settings.sshIdentity },
      ...(member === undefined ? {} : { pods: { ...member, program: program(settings.k3s) } }),
    },
    opts,
  );
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
