import { Unreachable } from "../../../packages/errors";
import { reachable } from "../../../remote/reachable";
import { recentFailure } from "../../../remote/ssh";
import type { Context, Handler } from "../../handler";
import { automationDifferences } from "./automations";
import { jobDifferences, pauseAll } from "./deployments";
import type { Difference } from "./difference";
import { jobsSchema, type JobsInputs } from "./inputs";
import { prefectApi } from "./request";

/** A thousand jobs are made in a minute; a question is answered within a second. */
const patienceMs = 120_000;

/** A difference is mended, and then seen to be gone; an automation waits for the block that it names. */
const rounds = 3;

async function look(inputs: JobsInputs, signal: AbortSignal): Promise<Difference[]> {
  const ask = prefectApi(inputs, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
  return [...(await jobDifferences(inputs, ask)), ...(await automationDifferences(inputs, ask))];
}

/** fetch says nothing but that it failed; why is beneath. */
function why(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** homelab:prefect:Jobs */
export const jobs: Handler<JobsInputs> = {
  type: "homelab:prefect:Jobs",
  inputs: jobsSchema,
  replaceOn: [],
  id: ({ connection }) => `${connection.node}/prefect`,

  async drift(inputs, { signal }: Context) {
    // The other resources of a node that is off have waited for it already.
    const failure = recentFailure(inputs.connection);
    if (failure instanceof Unreachable) throw failure;
    try {
      return (await look(inputs, signal)).map(({ says }) => says);
    } catch (error) {
      signal.throwIfAborted();
      const { node, host, port } = inputs.connection;
      const sentence = `Prefect on ${node} cannot be compared at ${inputs.endpoint}: ${why(error)}`;
      if (!(await reachable(host, port))) throw new Unreachable(sentence);
      return [sentence];
    }
  },

  async apply(inputs, { signal, log }) {
    for (let round = 1; ; round += 1) {
      const found = await look(inputs, signal);
      if (found.length === 0) return {};
      if (round > rounds) throw new Error(found.map(({ says }) => says).join("\n"));
      for (const { says, mend } of found) {
        signal.throwIfAborted();
        await mend();
        if (round === 1) log.info(`Put right: ${says}`);
      }
    }
  },

  /** Every job is paused, and what is known of the runs stays in PostgreSQL. A server that is gone begins nothing. */
  async remove(inputs, { signal, log }) {
    try {
      await pauseAll(inputs, prefectApi(inputs, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])));
    } catch (error) {
      signal.throwIfAborted();
      log.warn(`The jobs could not be paused at ${inputs.endpoint}: ${why(error)}`);
    }
  },
};
