import { z } from "zod";
import { flag, image, port, strict } from "./fields";
import { needs, service } from "./service";

/** `homelab:postgresExporter`. */
export const postgresExporterSchema = strict({
  enabled: flag.default(false).describe("whether it runs"),
  image: image
    .default("quay.io/prometheuscommunity/postgres-exporter:v0.19.1")
    .describe("its image, an exact tag"),
  port: port.default(9187).describe("its TCP port, open to storage alone"),
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
