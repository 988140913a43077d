import type { Handler } from "../../handler";
import { compared, why, type Difference } from "../differences";
import { automationDifferences } from "./automations";
import { jobDifferences, pauseAll } from "./deployments";
import { jobsSchema, type JobsInputs } from "./inputs";
import { prefectApi } from "./request";

/** How often is looked again: an automation waits for the block that it names. */
const rounds = 3;

async function look(inputs: JobsInputs, signal: AbortSignal): Promise<Difference[]> {
  const ask = prefectApi(inputs, signal);
  return [...(await jobDifferences(inputs, ask)), ...(await automationDifferences(inputs, ask))];
}

/** homelab:prefect:Jobs */
export const jobs: Handler<JobsInputs> = {
  type: "homelab:prefect:Jobs",
  inputs: jobsSchema,
  replaceOn: [],
  id: ({ connection }) => `${connection.node}/prefect`,

  ...compared("Prefect", rounds, look),

  /** Every job is paused, and what is known of the runs stays in PostgreSQL. A server that is gone begins nothing. */
  async remove(inputs, { signal, log }) {
    try {
      await pauseAll(inputs, prefectApi(inputs, signal));
    } catch (error) {
      signal.throwIfAborted();
      log.warn(`The jobs could not be paused at ${inputs.endpoint}: ${why(error)}`);
    }
  },
};
