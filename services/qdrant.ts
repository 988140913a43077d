import type { z } from "zod";
import { podPort, type ComputeGroup } from "./compute-group";
import { flag, image, strict } from "./fields";
import { memory, pod } from "./pod-fields";
import type { PodRun, Program } from "./pod";
import { service } from "./service";

const settings = strict({
  enabled: flag.default(false).describe("Qdrant: a derived copy for [search](search.md), which begins empty"),
  image: image.default("docker.io/qdrant/qdrant:v1.18.2").describe("its image"),
  /** `memory` holds vectors and index, about 2 KB for each document of 384 dimensions; it gets no more. */
  ...pod({ port: 6333, cpu: "250m", memory: "2Gi" }),
  disk: memory.default("10Gi").describe("what the copy may take; a pod that takes more is recreated, empty"),
});
export type QdrantSettings = z.output<typeof settings>;

const storage = "/qdrant/storage";
const initialized = "/qdrant/init";

/**
 * A copy of search's vectors, which search does without when it is not there.
 * @see https://github.com/qdrant/qdrant-helm charts/qdrant: the same user, directories and probe
 */
function run({ image, port, cpu, memory, disk }: QdrantSettings): PodRun {
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
  const server: Program = {
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
  };
  const ephemeral = scratch.map(({ name }) => name);
  return { name: "qdrant", pods: [{ name: "qdrant", ephemeral, before: [beginAnew], programs: [server] }] };
}

export const qdrant = service({
  title: "Qdrant",
  purpose: "a copy of search's vectors, derived from PostgreSQL; see docs/search.md",
  key: "compute.qdrant",
  on: ["compute"],
  settings,
  enabled: ({ enabled }, within: ComputeGroup) => within.enabled && enabled,
  images: ({ image }) => [image],
  keeps: () => ({ kind: "ephemeral", paths: [], reason: "derived from PostgreSQL, rebuilt by one command" }),
  ports: (own) => podPort("Qdrant", "qdrant", own, "QDRANT_URL"),
  pod: run,
});
