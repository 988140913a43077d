import { Unreachable } from "../../../packages/errors";
import { reachable } from "../../../remote/reachable";
import { recentFailure } from "../../../remote/ssh";
import type { Context, Handler } from "../../handler";
import { contentsSchema, type ContentsInputs } from "./inputs";
import { differences, type Difference } from "./look";

/** A house's MinIO answers within milliseconds. */
const patienceMs = 15_000;

/** A difference is mended, and then seen to be gone. */
const rounds = 3;

async function look(store: ContentsInputs, signal: AbortSignal): Promise<Difference[]> {
  return differences(store, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
}

/** fetch says nothing but that it failed; why is beneath. */
function why(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** homelab:minio:Contents */
export const contents: Handler<ContentsInputs> = {
  type: "homelab:minio:Contents",
  inputs: contentsSchema,
  replaceOn: ["endpoint"],
  id: ({ connection, endpoint }) => `${connection.node}/${endpoint}`,

  async drift(inputs, { signal }: Context) {
    // The other resources of a node that is off have waited for it already.
    const failure = recentFailure(inputs.connection);
    if (failure instanceof Unreachable) throw failure;
    try {
      return (await look(inputs, signal)).map(({ says }) => says);
    } catch (error) {
      signal.throwIfAborted();
      const { node, host, port } = inputs.connection;
      const sentence = `MinIO on ${node} cannot be compared at ${inputs.endpoint}: ${why(error)}`;
      if (!(await reachable(host, port))) throw new Unreachable(sentence);
      // Also where its root user's password was changed by hand: what could not be looked at is not as declared.
      return [sentence];
    }
  },

  async apply(inputs, { signal, log }) {
    for (let round = 1; ; round += 1) {
      const found = await look(inputs, signal);
      if (found.length === 0) return {};
      if (round > rounds) throw new Error(found.map(({ says }) => says).join("\n"));
      for (const { says, mend } of found) {
        await mend();
        log.info(`Put right: ${says}`);
      }
    }
  },

  /** Buckets, users and policies are taken away, or kept, by the resources that made them. */
  remove: () => Promise.resolve(),
};
