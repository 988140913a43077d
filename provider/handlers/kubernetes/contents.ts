import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { clause, errorMessage } from "../../../packages/errors";
import type { Handler } from "../../handler";
import { apiOf } from "./api";
import { objectDifference, objectSchema, type ObjectDifference } from "./objects";

/** The inputs of homelab:kubernetes:Contents. */
export const contentsSchema = z.strictObject({
  /** Secret: the one that the Kubernetes provider of these objects has. */
  kubeconfig: z.string().min(1),
  /** Those with more than their name are compared whole, and put right by an up; of the others it is seen that they are there. */
  objects: z.array(objectSchema),
  /** How long an up waits for the API, seconds. @default 60 */
  timeoutSeconds: z.int().min(1).max(600).default(60),
});

export type ContentsInputs = z.infer<typeof contentsSchema>;

/** An API server of a house answers within milliseconds; one whose store is slow, within seconds. */
const patienceMs = 15_000;

/** So many objects are asked for at once. */
const atOnce = 8;

/** @throws Error with a sentence when the API does not answer, or not as one that is ready and knows the user. */
async function look(
  { kubeconfig, objects }: ContentsInputs,
  signal: AbortSignal,
): Promise<ObjectDifference[]> {
  const { server, ask } = await apiOf(kubeconfig);
  const until = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const found: ObjectDifference[] = [];
  try {
    const ready = await ask("GET", "/readyz", until);
    if (ready.status !== 200) {
      throw new Error(
        [401, 403].includes(ready.status)
          ? `it does not know the user of the kubeconfig (${ready.status})`
          : `it is not ready (${ready.status})`,
      );
    }
    for (let first = 0; first < objects.length; first += atOnce) {
      const some = objects.slice(first, first + atOnce).map((object) => objectDifference(object, ask, until));
      found.push(...(await Promise.all(some)).filter((one) => one !== undefined));
    }
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(
      `What is declared in the cluster cannot be compared with it: ${server} does not answer as it should: ${clause(errorMessage(error))}.`,
      { cause: error },
    );
  }
  return found;
}

/**
 * homelab:kubernetes:Contents. The Kubernetes provider compares with the state alone, and where the API does not answer it
 * finds nothing to change.
 */
export const contents: Handler<ContentsInputs> = {
  type: "homelab:kubernetes:Contents",
  inputs: contentsSchema,
  replaceOn: [],
  id: () => "contents",

  async drift(inputs, { signal }) {
    try {
      return (await look(inputs, signal)).map(({ says }) => says);
    } catch (error) {
      signal.throwIfAborted();
      // A cluster that is off is a state: a preview goes on, and a refresh keeps what is known. But it is no "no changes".
      return [errorMessage(error)];
    }
  },

  async apply(inputs, { signal, log }) {
    const deadline = Date.now() + inputs.timeoutSeconds * 1_000;
    for (;;) {
      try {
        const found = await look(inputs, signal);
        for (const { says, mend } of found) {
          await mend?.(signal);
          if (mend !== undefined) log.info(`Put right: ${says}`);
        }
        const left = found.filter(({ mend }) => mend === undefined).map(({ says }) => says);
        if (left.length === 0) return {};
        throw new Gone(`${left.join("\n")}\n\`pulumi up --refresh\` makes it again.`);
      } catch (error) {
        signal.throwIfAborted();
        // A server that was started a moment ago may still be on its way.
        if (error instanceof Gone || Date.now() > deadline) throw error;
        await sleep(500, undefined, { signal });
      }
    }
  },

  /** The objects are taken away by the resources that made them. */
  remove: () => Promise.resolve(),
};

/** Not to be waited for. */
class Gone extends Error {}
