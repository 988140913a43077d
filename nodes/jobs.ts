import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { JobRunner, plannedJobs } from "../components/job-runner";
import type { QuadletService } from "../components/quadlet-service";
import { UserError } from "../components/user-error";
import { readJobs, type Jobs } from "../packages/jobs";
import { Jobs as PrefectJobs } from "../provider/sdk/prefect";
import { jobsFlow, prefectLogin } from "../services";
import { hostPort, nodeNames } from "../topology";
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
  const { node, settings, connection } = context;
  if (prefect === undefined) return;
  const login = prefect.passwords.password;
  if (login === undefined) throw new Error("Prefect has no password.");
  const jobs = jobsIn(context);
  new PrefectJobs(
    "prefect-jobs",
    {
      connection,
      endpoint: `http://${hostPort(node.address, settings.prefect.port)}`,
      login: login.apply(prefectLogin),
      flow: { name: jobsFlow.name, path: jobsFlow.path, entrypoint: jobsFlow.entrypoint },
      pools: nodeNames.filter((name) => Object.values(jobs).some((job) => job.node === name)),
      deployments: plannedJobs(jobs),
      ...(settings.alerts.enabled
        ? { alertmanager: `http://127.0.0.1:${settings.alerts.port}/api/v2/alerts` }
        : {}),
    },
    { dependsOn: prefect.unit },
  );
}
