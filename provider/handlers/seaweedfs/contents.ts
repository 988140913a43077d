import { Unreachable } from "../../../packages/errors";
import { reachable } from "../../../remote/reachable";
import { restartSeaweed, weedShell } from "../../../remote/seaweedfs";
import { recentFailure } from "../../../remote/ssh";
import type { Context, Handler } from "../../handler";
import { contentsSchema, type ContentsInputs } from "./inputs";
import { differences, type Difference, type Inside } from "./look";

const patienceMs = 60_000;

/** A difference is mended, and then seen to be gone; one that restarts the server shows others. */
const rounds = 4;

const onNode = ({ connection, place }: ContentsInputs, signal: AbortSignal): Inside => ({
  shell: (commands) => weedShell(connection, place, commands, signal),
  restart: () => restartSeaweed(connection, place, signal),
});

/** fetch says nothing but that it failed; why is beneath. */
function why(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** @param inside how the server is asked from within: on its node by SSH. */
export function contentsBy(
  inside: (inputs: ContentsInputs, signal: AbortSignal) => Inside,
): Handler<ContentsInputs> {
  const look = (inputs: ContentsInputs, signal: AbortSignal): Promise<Difference[]> => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    return differences(inputs, inside(inputs, bounded), bounded);
  };
  return {
    type: "homelab:seaweedfs:Contents",
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
        const sentence = `SeaweedFS on ${node} cannot be compared at ${inputs.endpoint}: ${why(error)}`;
        if (!(await reachable(host, port))) throw new Unreachable(sentence);
        // What could not be looked at is not as declared.
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

    /** A bucket stays, with its objects; users go with the file that they are in. */
    remove: () => Promise.resolve(),
  };
}

/** homelab:seaweedfs:Contents */
export const contents = contentsBy(onNode);
