import { z } from "zod";
import { jobsDoor, jobsFlow } from "../../../services";
import { onNode } from "../../../tests/support/lab";
import type { Prefect } from "../../../tests/support/prefect";

/**
 * The other way to run a job, to compare with: a flow whose command Prefect's process worker runs itself, in its own
 * container, as long as the drill's other jobs and with the same marks.
 */
export const plainJob = "plain";

const marksFile = `${jobsDoor}/drill-marks`;
const flow = `import subprocess
from prefect import flow
from prefect.runtime import flow_run

def note(word):
    with open("${marksFile}", "a") as marks:
        print(word, str(flow_run.id).replace("-", ""), file=marks)

@flow
def plain():
    note("begun")
    subprocess.run(["sleep", "45.25"], check=True)
    note("done")
`;

/** Declares it, and takes it away when `what` is done. */
export async function withPlainJob(prefect: Prefect, what: () => Promise<void>): Promise<void> {
  const known = z.object({ id: z.string() });
  const { id: flowId } = await prefect.ask("GET", `/flows/name/${jobsFlow.name}`, known);
  const write = `sh -c 'printf %s ${Buffer.from(flow).toString("base64")} | base64 -d >/tmp/plain.py'`;
  await prefect.ask("POST", "/deployments/", known, {
    ...{
      name: plainJob,
      flow_id: flowId,
      work_pool_name: "storage",
      path: "/tmp",
      entrypoint: "plain.py:plain",
    },
    pull_steps: [
      { "prefect.deployments.steps.run_shell_script": { script: write } },
      { "prefect.deployments.steps.set_working_directory": { directory: "/tmp" } },
    ],
  });
  try {
    await what();
  } finally {
    await prefect.ask("DELETE", `/deployments/${await prefect.deployment(plainJob)}`, z.unknown());
    onNode("storage", `rm -f ${marksFile}`);
  }
}

export const plainRuns = (): boolean => onNode("storage", "pgrep -fx 'sleep 45.25' || true").trim() !== "";

export const plainMarks = marksFile;
