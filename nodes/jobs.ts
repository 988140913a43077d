import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { JobRunner, PrefectJobs } from "../components/job-runner";
import type { QuadletService } from "../components/quadlet-service";
import { UserError } from "../components/user-error";
import { readJobs, type Jobs } from "../packages/jobs";
import { requireAlwaysOn } from "../topology";
import type { StackContext } from "./run-stack";

/** The jobs of the house, from the file that the stack names. */
function jobsIn({ settings }: StackContext): Jobs {
  const { file } = settings.jobs;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new UserError(
      `homelab:jobs.file is ${file}, which cannot be read: write it with \`npx homelab jobs import NODE --into ${file}\`, or as docs/jobs.md shows.`,
    );
  }
  try {
    return readJobs(text, file);
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error));
  }
}

/** What begins this node's jobs, when its settings say so. Its worker needs it. */
export function deployJobRunner(
  context: StackContext,
  opts: pulumi.ComponentResourceOptions,
): JobRunner | undefined {
  const { node, settings } = context;
  if (!settings.jobs.enabled) return undefined;
  return new JobRunner(
    "job-runner",
    { node, jobs: jobsIn(context), sshIdentity: settings.sshIdentity },
    opts,
  );
}

/** All jobs of the house, in the Prefect server of this node. */
export function declareJobs(
  context: StackContext<"storage"> | StackContext<"desktop">,
  { prefect }: Readonly<Record<string, QuadletService>>,
): void {
  const { node, settings } = context;
  if (prefect === undefined) return;
  const { password } = prefect.passwords;
  if (password === undefined) throw new Error("Prefect has no password.");
  new PrefectJobs(
    "prefect-jobs",
    {
      ...{ node: requireAlwaysOn(node, "Prefect"), jobs: jobsIn(context) },
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
