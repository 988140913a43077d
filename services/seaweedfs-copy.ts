import type { z } from "zod";
import { flag, image, strict } from "./fields";
import { ownPorts, pairPorts, seaweedImage, seaweedKeys } from "./seaweedfs";
import { service } from "./service";

/**
 * `homelab:seaweedfsCopy` on desktop: the second copy of each object. What must be the same on both (buckets, users, the size
 * of a volume) is storage's.
 */
const seaweedfsCopySchema = strict({
  enabled: flag
    .default(false)
    .describe(
      "whether desktop keeps a second copy; storage's `homelab:seaweedfs.copy` must be `offered` before",
    ),
  image: image.default(seaweedImage).describe("its image, an exact tag; the same as storage's"),
  ...seaweedKeys,
});
export type SeaweedfsCopySettings = z.output<typeof seaweedfsCopySchema>;

export const seaweedfsCopy = service({
  title: "SeaweedFS' second copy",
  purpose: "keeps each object a second time, and gives it out while storage is away",
  key: "seaweedfsCopy",
  on: ["desktop"],
  settings: seaweedfsCopySchema,
  enabled: ({ enabled }) => enabled,
  images: ({ image }) => [image],
  ports: ({ apiPort, metricsPort }) => [
    {
      ...{ title: "SeaweedFS S3 API", port: apiPort, key: "seaweedfsCopy.apiPort", from: "operators" },
      output: "S3_COPY_ENDPOINT",
    },
    {
      ...{ title: "SeaweedFS", port: metricsPort, key: "seaweedfsCopy.metricsPort", from: ["storage"] },
      metrics: "/metrics",
    },
    ...ownPorts("desktop", apiPort, ["filer"]),
    ...pairPorts("storage", false),
  ],
  keeps: ({ dataDirectory }) => ({
    kind: "persistent",
    paths: [dataDirectory],
    backup: { own: "what it copies is backed up on storage" },
  }),
});
