import { restartSeaweed, weedShell } from "../../../remote/seaweedfs";
import type { Handler } from "../../handler";
import { compared, type Difference } from "../differences";
import { contentsSchema, type ContentsInputs } from "./inputs";
import { differences, type Inside } from "./look";

const patienceMs = 60_000;

/** How often is looked again: a difference that restarts the server shows others. */
const rounds = 4;

const onNode = ({ connection, place }: ContentsInputs, signal: AbortSignal): Inside => ({
  shell: (commands, filer = place.filer) => weedShell(connection, { ...place, filer }, commands, signal),
  restart: () => restartSeaweed(connection, place, signal),
});

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
    // By another address of the node it is the same one.
    replaceOn: [],
    id: ({ connection, endpoint }) => `${connection.node}/${endpoint}`,

    ...compared("SeaweedFS", rounds, look),

    /** A bucket stays, with its objects; users go with the file that they are in. */
    remove: () => Promise.resolve(),
  };
}

/** homelab:seaweedfs:Contents */
export const contents = contentsBy(onNode);
