import type { z } from "zod";
import { podPort, type ComputeGroup } from "./compute-group";
import { flag, image, strict } from "./fields";
import { memory, pod } from "./pod-fields";
import { service } from "./service";

const settings = strict({
  enabled: flag.default(false),
  image: image.default("docker.io/qdrant/qdrant:v1.18.2"),
  /** `memory` holds vectors and index, about 2 KB for each document of 384 dimensions; it gets no more. */
  ...pod({ port: 6333, cpu: "250m", memory: "2Gi" }),
  /** What the copy may take on disk; a pod that takes more is made anew, empty. */
  disk: memory.default("10Gi"),
});
export type QdrantSettings = z.output<typeof settings>;

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
});
