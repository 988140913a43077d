import { z } from "zod";
import { flag, image, listOf, port, strict } from "./fields";
import { service } from "./service";

const word = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,40}$/, "must be a name of small letters, digits, _ and -, such as mail-agent");

/** `homelab:metrics`: what a node says of itself. */
export const metricsSchema = strict({
  /** Whether the node is measured; storage's `homelab:prometheus` collects it. */
  enabled: flag.default(false),
  image: image.default("quay.io/prometheus/node-exporter:v1.11.1"),
  /** TCP port of the node exporter; the same on every node. */
  port: port.default(9100),
  /** Timers of your own that are watched as the house's are: that they are there, and that they run when they should. */
  timers: listOf(
    z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9:_.@\\-]{0,200}\.timer$/,
        "must be a timer of systemd, such as invoices.timer",
      ),
  ).default([]),
  /** Programs of your own on this node that Prometheus asks, by name. */
  scrape: z
    .record(
      word,
      strict({
        port,
        path: z
          .string()
          .regex(/^\/[A-Za-z0-9/_.-]*$/, "must be a path such as /metrics")
          .default("/metrics"),
      }),
    )
    .default({}),
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
