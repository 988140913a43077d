import { z } from "zod";
import { dataDirectory, flag, image, port, strict } from "./fields";
import { needs, service } from "./service";

/** `homelab:logs`: where the logs of all nodes are kept. */
export const logsSchema = strict({
  enabled: flag.default(false),
  /** VictoriaLogs. */
  image: image.default("docker.io/victoriametrics/victoria-logs:v1.52.1"),
  port: port.default(9428),
  /** Holds the lines. */
  dataDirectory: dataDirectory.default("/srv/homelab/logs"),
  /** How long they are kept; what goes beyond `retentionSize` goes earlier. */
  retentionDays: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(3650, "must be at most 3650")
    .default(30),
  retentionSize: z
    .string()
    .regex(/^[1-9]\d*(MB|GB)$/, "must be a size such as 8GB")
    .default("8GB"),
});

export type LogsSettings = z.output<typeof logsSchema>;

export const logs = service({
  title: "VictoriaLogs",
  purpose: "keeps what every node says, and finds it",
  key: "logs",
  on: ["storage"],
  settings: logsSchema,
  problems: (_, { stack }) => needs("logs", "metrics", stack),
  enabled: ({ enabled }) => enabled,
  images: ({ image }) => [image],
  ports: ({ port }) => [
    { title: "VictoriaLogs", port, key: "logs.port", from: "nodes", metrics: "/metrics" },
  ],
  // Each node's journal has them too, for as long as it is large enough.
  keeps: ({ dataDirectory }) => ({
    kind: "persistent",
    paths: [dataDirectory],
    backup: { own: "none: what was said in the past" },
  }),
});

/** `homelab:logShipping`: what carries a node's journal there. */
export const logShippingSchema = strict({
  enabled: flag.default(false),
  /** Debian, to which systemd-journal-upload is added on the node; not older than the node's own systemd. */
  baseImage: image.default("docker.io/library/debian:trixie-20251117-slim"),
  /** `homelab:logs.port` on storage. */
  port: port.default(9428),
});

export type LogShippingSettings = z.output<typeof logShippingSchema>;

export const logShipping = service({
  title: "journal upload",
  purpose: "carries the node's journal to where logs are kept",
  key: "logShipping",
  on: ["storage", "desktop", "compute"],
  settings: logShippingSchema,
  enabled: ({ enabled }) => enabled,
  images: ({ baseImage }) => [baseImage],
  keeps: () => ({
    kind: "ephemeral",
    paths: ["/var/lib/homelab/journal-upload", "/var/log/journal"],
    reason: "how far it has come, and the journal itself, which is carried to storage",
  }),
});
