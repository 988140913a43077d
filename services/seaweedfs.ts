import { z } from "zod";
import { dataDirectory, image, memory, port, strict } from "./fields";
import { engineRuns, engineServes } from "./s3-fields";
import { service, type JudgedBy, type ServicePort } from "./service";
import type { NodeName } from "../topology";

/** Its image, the same on each node that it runs on. */
export const seaweedImage = "docker.io/chrislusf/seaweedfs:4.53";

/** What SeaweedFS has on each node that it runs on. */
export const seaweedKeys = {
  apiPort: port
    .max(55_535, "must be at most 55535: SeaweedFS listens 10000 above it, too")
    .default(8333)
    .describe("TCP port of the S3 API, at most 55535"),
  metricsPort: port.default(9327).describe("TCP port of its own figures, open to storage's Prometheus"),
  dataDirectory: dataDirectory
    .default("/srv/homelab/seaweedfs")
    .describe("directory on the node that holds the volumes and the filer's metadata, which belong together"),
  memory: memory
    .default("1G")
    .describe("memory that it is never given more of; Go's own limit is two fifths of it"),
  minFreeSpace: z
    .string()
    .regex(/^[1-9]\d*(MiB|GiB)$/, "must be a size such as 2GiB")
    .default("2GiB")
    .describe("room on the disk below which it takes no further objects: `MiB` or `GiB`"),
};

/** `homelab:seaweedfs`: how SeaweedFS runs, where `homelab:objectStore` names it. */
export const seaweedfsSchema = strict({
  image: image.default(seaweedImage).describe("its image, an exact tag"),
  ...seaweedKeys,
  volumeSize: z
    .int("must be a whole number")
    .min(64, "must be at least 64")
    .max(30_000, "must be at most 30000")
    .default(1024)
    .describe(
      "MiB at which a volume (a file that holds many objects) is full, 64 to 30000; each bucket has volumes of its own",
    ),
  copy: z
    .enum(["off", "offered", "required"], { error: "must be off, offered or required" })
    .default("off")
    .describe(
      "a second copy of each object on desktop: `offered` lets desktop join (its `homelab:seaweedfsCopy`), `required` keeps each object on both, so that nothing can be put while one of them is away. First the one, then the other: see docs/components/object-store.md",
    ),
});
export type SeaweedfsSettings = z.output<typeof seaweedfsSchema>;

/** Ports of its parts, on the node's loopback only unless there is a second copy; that of each for gRPC is 10000 higher. */
export const seaweedfsParts = { master: 9333, volume: 9334, filer: 9335 } as const;
const grpc = (part: keyof typeof seaweedfsParts) => seaweedfsParts[part] + 10_000;

/**
 * What it listens on for all addresses and nobody has to reach but itself: that of S3 for gRPC, and of two that keep a copy each the
 * doors for HTTP.
 */
export const ownPorts = (
  node: NodeName,
  apiPort: number,
  parts: readonly (keyof typeof seaweedfsParts)[],
): ServicePort[] => [
  { title: "SeaweedFS S3 gRPC", port: apiPort + 10_000, from: [node] },
  ...parts.map((part) => ({ title: `SeaweedFS ${part}`, port: seaweedfsParts[part], from: [node] })),
];

/** What the two nodes that keep a copy each open to each other. @param from the other one */
export const pairPorts = (from: NodeName, leads: boolean): ServicePort[] => [
  ...(leads ? [{ title: "SeaweedFS master gRPC", port: grpc("master"), from: [from] }] : []),
  { title: "SeaweedFS volumes", port: seaweedfsParts.volume, from: [from] },
  { title: "SeaweedFS volumes gRPC", port: grpc("volume"), from: [from] },
  { title: "SeaweedFS filer gRPC", port: grpc("filer"), from: [from] },
];

function problems({ copy }: SeaweedfsSettings, { topology, stack }: JudgedBy): string[] {
  if (copy === "off") return [];
  const { lifecycle } = topology.nodes.desktop;
  return [
    ...(engineRuns("seaweedfs", stack)
      ? []
      : [
          `homelab:seaweedfs.copy is ${copy}: homelab:objectStore.engine or homelab:objectStore.beside must be seaweedfs, for MinIO keeps no second copy.`,
        ]),
    ...(lifecycle === "always-on"
      ? []
      : [
          `homelab:seaweedfs.copy is ${copy}: the copy is kept on desktop, whose lifecycle in the topology must be always-on, and it is ${lifecycle}.`,
        ]),
  ];
}

export const seaweedfs = service({
  title: "SeaweedFS",
  purpose: "the object store, when homelab:objectStore says so: files, artifacts, the lake",
  key: "seaweedfs",
  on: ["storage"],
  settings: seaweedfsSchema,
  problems,
  enabled: (_own, _within, stack) => engineRuns("seaweedfs", stack),
  images: (own) => [own.image],
  ports: ({ apiPort, metricsPort, copy }, stack) => [
    {
      ...{ title: "SeaweedFS S3 API", port: apiPort, key: "seaweedfs.apiPort", from: "operators" },
      ...(engineServes("seaweedfs", stack) ? { output: "S3_ENDPOINT" } : {}),
    },
    {
      ...{ title: "SeaweedFS", port: metricsPort, key: "seaweedfs.metricsPort", from: ["storage"] },
      metrics: "/metrics",
    },
    ...ownPorts("storage", apiPort, copy === "off" ? [] : ["master", "filer"]),
    ...(copy === "off" ? [] : pairPorts("desktop", true)),
  ],
  keeps: ({ dataDirectory }) => ({
    kind: "persistent",
    paths: [dataDirectory],
    backup: { own: "a mirror of each bucket, through S3" },
  }),
});
