import { z } from "zod";
import { nodeNames } from "../topology";
import { dataDirectory, flag, image, listOf, port, strict } from "./fields";
import { needs, service } from "./service";

/** `homelab:prometheus`: where measurements are collected and judged. */
export const prometheusSchema = strict({
  enabled: flag.default(false),
  image: image.default("docker.io/prom/prometheus:v3.5.3"),
  port: port.default(9090),
  /** Holds the measurements. */
  dataDirectory: dataDirectory.default("/srv/homelab/prometheus"),
  /** How long they are kept; what goes beyond `retentionSize` goes earlier. */
  retentionDays: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(3650, "must be at most 3650")
    .default(90),
  retentionSize: z
    .string()
    .regex(/^[1-9]\d*(MB|GB)$/, "must be a size such as 8GB")
    .default("8GB"),
  /** Memory that it is never given more of. */
  memory: z
    .string()
    .regex(/^[1-9]\d*M$/, "must be a size such as 512M")
    .default("384M"),
  /** Which nodes it asks: those with `homelab:metrics.enabled`. */
  nodes: listOf(z.enum(nodeNames))
    .min(1, "must name at least one node")
    .default([...nodeNames]),
  /** Port of the node exporter on each of them: `homelab:metrics.port` there. */
  exporterPort: port.default(9100),
  /** The nodes whose Alertmanager is told: those with `homelab:alerts.enabled`. */
  alertmanagers: listOf(z.enum(["storage", "desktop"])).default(["storage", "desktop"]),
  /** `homelab:alerts.port` there. */
  alertmanagerPort: port.default(9093),
});

export type PrometheusSettings = z.output<typeof prometheusSchema>;

export const prometheus = service({
  title: "Prometheus",
  purpose: "collects measurements, and knows when something is wrong",
  key: "prometheus",
  on: ["storage"],
  settings: prometheusSchema,
  problems: (_, { stack }) => needs("prometheus", "metrics", stack),
  enabled: ({ enabled }) => enabled,
  images: ({ image }) => [image],
  ports: ({ port }) => [
    { title: "Prometheus", port, key: "prometheus.port", from: "nodes", metrics: "/metrics" },
  ],
  // Measurements of the past are no data of the person's: losing them costs the graphs, and no alert.
  keeps: ({ dataDirectory }) => ({
    kind: "persistent",
    paths: [dataDirectory],
    backup: { own: "none: measurements of the past" },
  }),
});
