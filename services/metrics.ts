import { z } from "zod";
import { flag, image, listOf, port, strict } from "./fields";
import { service } from "./service";

const word = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,40}$/, "must be a name of small letters, digits, _ and -, such as mail-agent");

/** `homelab:metrics`: what a node says of itself. */
export const metricsSchema = strict({
  enabled: flag.default(false).describe("whether the node is measured, by a node exporter and a script"),
  image: image
    .default("quay.io/prometheus/node-exporter:v1.11.1")
    .describe("the node exporter, an exact tag"),
  port: port.default(9100).describe("its TCP port, open to storage; the same on every node"),
  timers: listOf(
    z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9:_.@\\-]{0,200}\.timer$/,
        "must be a timer of systemd, such as invoices.timer",
      ),
  )
    .default([])
    .describe(
      "timers of your own that are watched as the house's are, such as `[invoices.timer]`: that they are there and run when they should",
    ),
  scrape: z
    .record(
      word,
      strict({
        port: port.describe("the program's TCP port, which is then open to the nodes and to nobody else"),
        path: z
          .string()
          .regex(/^\/[A-Za-z0-9/_.-]*$/, "must be a path such as /metrics")
          .default("/metrics")
          .describe("path of its measurements"),
      }),
    )
    .default({})
    .describe("programs of your own on the node that Prometheus asks, by a name of your choice"),
});

export type MetricsSettings = z.output<typeof metricsSchema>;

/** The node exporter on every node, and what the house's own script adds to it. */
export const metrics = service({
  title: "node exporter",
  purpose: "says how the node and its units are",
  key: "metrics",
  on: ["storage", "desktop", "compute"],
  settings: metricsSchema,
  enabled: ({ enabled }) => enabled,
  images: ({ image }) => [image],
  ports: ({ port, scrape }) => [
    { title: "node exporter", port, key: "metrics.port", from: ["storage"] },
    ...Object.entries(scrape).map(([name, one]) => ({
      title: name,
      port: one.port,
      key: `metrics.scrape.${name}.port`,
      from: "nodes" as const,
      metrics: one.path,
    })),
  ],
  keeps: () => ({ kind: "nothing" }),
});
