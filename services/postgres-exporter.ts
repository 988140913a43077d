import { z } from "zod";
import { flag, image, port, strict } from "./fields";
import { needs, service } from "./service";

/** `homelab:postgresExporter`. */
export const postgresExporterSchema = strict({
  enabled: flag.default(false),
  image: image.default("quay.io/prometheuscommunity/postgres-exporter:v0.19.1"),
  port: port.default(9187),
});

export type PostgresExporterSettings = z.output<typeof postgresExporterSchema>;

export const postgresExporter = service({
  title: "PostgreSQL exporter",
  purpose: "says how PostgreSQL is, as a role that may read only that",
  key: "postgresExporter",
  on: ["storage"],
  settings: postgresExporterSchema,
  problems: (_, { stack }) => needs("postgresExporter", "metrics", stack),
  enabled: ({ enabled }) => enabled,
  images: ({ image }) => [image],
  ports: ({ port }) => [
    { title: "postgres", port, key: "postgresExporter.port", from: ["storage"], metrics: "/metrics" },
  ],
  keeps: () => ({ kind: "nothing" }),
});
