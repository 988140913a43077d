import { z } from "zod";
import { flag, image, port, strict } from "./fields";
import { needs, NotHandedOutError, service, type SecretSources } from "./service";

/** `homelab:postgresExporter`, on storage and for its standby on desktop. */
export const postgresExporterSchema = strict({
  enabled: flag.default(false).describe("whether it runs"),
  image: image
    .default("quay.io/prometheuscommunity/postgres-exporter:v0.19.1")
    .describe("its image, an exact tag"),
  port: port.default(9187).describe("its TCP port, open to storage alone"),
});

export type PostgresExporterSettings = z.output<typeof postgresExporterSchema>;

/** Unit, and the name under which storage hands out the password of the role that reads. */
export const postgresExporterUnit = "postgres-exporter";

/** On a standby: the role came with the data, and its password is storage's. */
export const monitorSecrets = {
  password: ({ storage }: SecretSources): string => {
    const password = storage.passwords?.[postgresExporterUnit]?.password;
    if (password !== undefined) return password;
    throw new NotHandedOutError(
      "homelab:postgresExporter.enabled is true on desktop, but storage has no role for it: set it on storage too and run `pulumi up --stack storage` first.",
    );
  },
};

export const postgresExporter = service({
  title: "PostgreSQL exporter",
  purpose: "says how PostgreSQL is, as a role that may read only that",
  key: "postgresExporter",
  on: ["storage", "desktop"],
  settings: postgresExporterSchema,
  problems: (_, { node, stack }) => [
    ...needs("postgresExporter", "metrics", stack),
    ...(node.name === "storage" ? [] : needs("postgresExporter", "replica", stack)),
  ],
  enabled: ({ enabled }) => enabled,
  images: ({ image }) => [image],
  ports: ({ port }) => [
    { title: "postgres", port, key: "postgresExporter.port", from: ["storage"], metrics: "/metrics" },
  ],
  keeps: () => ({ kind: "nothing" }),
});
