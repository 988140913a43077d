import { z } from "zod";
import { dataDirectory, flag, image, port, strict } from "./fields";
import { needs, service, type JudgedBy } from "./service";

/** Where logs are kept, and what carries them there: each has its own shipper, and the rest of the house sees no difference. */
export const logEngines = {
  loki: {
    title: "Loki",
    image: "docker.io/grafana/loki:3.7.8",
    port: 3100,
    dataDirectory: "/srv/homelab/loki",
  },
  victorialogs: {
    title: "VictoriaLogs",
    image: "docker.io/victoriametrics/victoria-logs:v1.52.1",
    port: 9428,
    dataDirectory: "/srv/homelab/logs",
  },
} as const;

export type LogEngine = keyof typeof logEngines;

const engine = z.enum(["loki", "victorialogs"], { error: "must be loki or victorialogs" }).default("loki");

/** `homelab:logs`: where the logs of all nodes are kept. */
export const logsSchema = strict({
  enabled: flag.default(false).describe("whether the logs of all nodes are kept here"),
  engine: engine.describe(
    "what keeps them: `loki`, or `victorialogs`, which takes less memory and has a page of its own; the same in `homelab:logShipping.engine` of every stack",
  ),
  image: image.optional().describe("its image, an exact tag; the engine's own when not given"),
  port: port
    .optional()
    .describe("its TCP port, open to the nodes; when not given 3100 (loki) or 9428 (victorialogs)"),
  dataDirectory: dataDirectory
    .optional()
    .describe(
      "directory on the node that holds the lines; when not given `/srv/homelab/loki` or `/srv/homelab/logs` (`victorialogs`), so that a switch leaves the lines of the former",
    ),
  retentionDays: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(3650, "must be at most 3650")
    .default(30)
    .describe("how long they are kept, 1 to 3650 days"),
  retentionSize: z
    .string()
    .regex(/^[1-9]\d*(MB|GB)$/, "must be a size such as 8GB")
    .default("8GB")
    .describe(
      "disk at most; what is beyond it goes earlier: `MB` or `GB`. Loki knows no such limit: there only days count",
    ),
});

export type LogsSettings = z.output<typeof logsSchema>;

export const logsImage = ({ engine, image }: LogsSettings): string => image ?? logEngines[engine].image;

/** Where the engine listens: of its own settings, and of those of a shipper. */
export const logsPort = (settings: {
  readonly engine: LogEngine;
  readonly port?: number | undefined;
}): number => settings.port ?? logEngines[settings.engine].port;

/** Each engine has its own directory: a switch leaves the lines of the former. */
export const logsDirectory = ({ engine, dataDirectory }: LogsSettings): string =>
  dataDirectory ?? logEngines[engine].dataDirectory;

/** `homelab:logShipping`: what carries a node's journal there. */
export const logShippingSchema = strict({
  enabled: flag
    .default(false)
    .describe("whether the node's journal and the logs of its pods are carried to storage"),
  engine: engine.describe(
    "what they are carried to: `homelab:logs.engine` on storage. Vector carries them to `loki`, systemd-journal-upload and a program for the pods to `victorialogs`",
  ),
  image: image
    .default("docker.io/timberio/vector:0.57.0-debian")
    .describe("Vector's image, an exact tag, of Debian (the others have no journalctl); for `loki`"),
  baseImage: image
    .default("docker.io/library/debian:trixie-20251117-slim")
    .describe(
      "a Debian to which systemd-journal-upload is added on the node; not older than the node's own systemd; for `victorialogs`",
    ),
  port: port.optional().describe("`homelab:logs.port` on storage, when it is given there"),
});

export type LogShippingSettings = z.output<typeof logShippingSchema>;

/** A shipper of another engine, or of another port, sends where nobody listens. Only storage's stack shows both. */
function problems(logs: LogsSettings, { stack }: JudgedBy): string[] {
  const shipping = logShippingSchema.safeParse(stack.logShipping).data;
  if (!logs.enabled || shipping?.enabled !== true) return needs("logs", "metrics", stack);
  const [at, wanted] = [logsPort(shipping), logsPort(logs)];
  return [
    ...needs("logs", "metrics", stack),
    ...(logs.engine === shipping.engine
      ? []
      : [
          `homelab:logShipping.engine is ${shipping.engine}: it must be ${logs.engine}, as homelab:logs.engine is, or nothing arrives.`,
        ]),
    ...(logs.engine !== shipping.engine || at === wanted
      ? []
      : [`homelab:logShipping.port is ${at}: it must be ${wanted}, where homelab:logs listens.`]),
  ];
}

export const logs = service({
  title: "logs",
  purpose: "keeps what every node says, and finds it: Loki or VictoriaLogs",
  key: "logs",
  on: ["storage"],
  settings: logsSchema,
  problems,
  enabled: ({ enabled }) => enabled,
  images: (settings) =>
    settings.image === undefined ? Object.values(logEngines).map(({ image }) => image) : [settings.image],
  ports: (settings) => [
    {
      ...{ title: logEngines[settings.engine].title, port: logsPort(settings), key: "logs.port" },
      ...{ from: "nodes", metrics: "/metrics" },
    },
  ],
  // Each node's journal has them too, for as long as it is large enough.
  keeps: (settings) => ({
    kind: "persistent",
    paths: [logsDirectory(settings)],
    backup: { own: "none: what was said in the past" },
  }),
});

/** Where each shipper notes how far it has come, on the node. */
export const shippingState: Readonly<Record<LogEngine, string>> = {
  loki: "/var/lib/homelab/vector",
  victorialogs: "/var/lib/homelab/journal-upload",
};

export const logShipping = service({
  title: "log shipping",
  purpose:
    "carries the node's journal and its pods' logs to where logs are kept, without the secrets in them",
  key: "logShipping",
  on: ["storage", "desktop", "compute"],
  settings: logShippingSchema,
  enabled: ({ enabled }) => enabled,
  images: ({ image, baseImage }) => [image, baseImage],
  keeps: ({ engine }) => ({
    kind: "ephemeral",
    paths: [shippingState[engine], "/var/log/journal", "/var/log/pods"],
    reason: "how far it has come, and what is carried to storage",
  }),
});
