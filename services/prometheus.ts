import { z } from "zod";
import { nodeNames } from "../topology";
import { dataDirectory, flag, image, listOf, port, strict } from "./fields";
import { needs, service } from "./service";

/** `homelab:prometheus`: where measurements are collected and judged. */
export const prometheusSchema = strict({
  enabled: flag.default(false).describe("whether Prometheus runs"),
  image: image.default("docker.io/prom/prometheus:v3.5.3").describe("its image, an exact tag"),
  port: port.default(9090).describe("its TCP port, open to the nodes"),
  dataDirectory: dataDirectory
    .default("/srv/homelab/prometheus")
    .describe("directory on the node that holds the measurements"),
  retentionDays: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(3650, "must be at most 3650")
    .default(90)
    .describe("how long they are kept, 1 to 3650 days"),
  retentionSize: z
    .string()
    .regex(/^[1-9]\d*(MB|GB)$/, "must be a size such as 8GB")
    .default("8GB")
    .describe("disk at most; what is beyond it goes earlier: `MB` or `GB`"),
  memory: z
    .string()
    .regex(/^[1-9]\d*M$/, "must be a size such as 512M")
    .default("384M")
    .describe("memory that it is never given more of, in `M`"),
  nodes: listOf(z.enum(nodeNames))
    .min(1, "must name at least one node")
    .default([...nodeNames])
    .describe("which nodes it asks: those with `homelab:metrics.enabled`"),
  exporterPort: port.default(9100).describe("`homelab:metrics.port` of these"),
  alertmanagers: listOf(z.enum(["storage", "desktop"]))
    .default(["storage", "desktop"])
    .describe("the nodes whose Alertmanager it tells: those with `homelab:alerts.enabled`"),
  alertmanagerPort: port.default(9093).describe("`homelab:alerts.port` of these"),
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
