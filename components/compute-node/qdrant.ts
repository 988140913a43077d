import type { ComputeSettings } from "../../services";
import type { Node } from "../../topology";
import type { Ephemeral } from "./ephemeral";
import { deployment, type Program } from "./pod";

const storage = "/qdrant/storage";
const initialized = "/qdrant/init";

/** All that it writes; it goes with the pod. */
export const derivedCopy: Ephemeral = {
  reason: "derived from PostgreSQL, rebuilt by one command",
  volumes: ["storage", "snapshots", "init"],
};

/**
 * A copy of search's vectors, which search does without when it is not there.
 * @see https://github.com/qdrant/qdrant-helm charts/qdrant: the same user, directories and probe
 */
export function qdrant(node: Node, settings: ComputeSettings) {
  const { image, port, cpu, memory, disk } = settings.qdrant;
  const scratch = [
    { name: "storage", at: storage, sizeLimit: disk },
    { name: "snapshots", at: "/qdrant/snapshots" },
    { name: "init", at: initialized },
  ];
  // Runs again when the node was off. What was not yet synced to its disk then may be lost, so nothing of it is
  // trusted: PostgreSQL's watermark would promise more than is there. Without its collection it is not asked.
  const beginAnew: Program = {
    name: "begin-anew",
    image,
    command: ["find", storage, "-mindepth", "1", "-delete"],
    requests: { cpu: "10m", memory: "16Mi" },
    scratch,
  };
  return deployment({
    name: "qdrant",
    namespace: settings.namespace,
    node,
    ephemeral: derivedCopy,
    before: [beginAnew],
    programs: [
      {
        name: "qdrant",
        image,
        env: {
          QDRANT__SERVICE__HTTP_PORT: String(port),
          QDRANT__TELEMETRY_DISABLED: "true",
          QDRANT_INIT_FILE_PATH: `${initialized}/.qdrant-initialized`,
        },
        requests: { cpu, memory },
        // Vectors and index are in memory, and there is no end to how many somebody may store.
        limits: { memory },
        port,
        onNode: true,
        probe: { path: "/readyz", startSeconds: 300 },
        scratch,
      },
    ],
  });
}
