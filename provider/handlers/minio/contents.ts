import type { Handler } from "../../handler";
import { compared, type Difference } from "../differences";
import { contentsSchema, type ContentsInputs } from "./inputs";
import { differences } from "./look";

/** A house's MinIO answers within milliseconds. */
const patienceMs = 15_000;

/** How often is looked again whether all that was mended is right. */
const rounds = 3;

async function look(store: ContentsInputs, signal: AbortSignal): Promise<Difference[]> {
  return differences(store, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
}

/** homelab:minio:Contents */
export const contents: Handler<ContentsInputs> = {
  type: "homelab:minio:Contents",
  inputs: contentsSchema,
  // By another address of the node it is the same one.
  replaceOn: [],
  id: ({ connection, endpoint }) => `${connection.node}/${endpoint}`,

  // Also where its root user's password was changed by hand, it cannot be compared.
  ...compared("MinIO", rounds, look),

  /** Buckets, users and policies are taken away, or kept, by the resources that made them. */
  remove: () => Promise.resolve(),
};
