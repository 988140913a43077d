import { z } from "zod";
import { dataDirectory, flag, identifier, image, port, strict } from "./fields";
import { needs, NotHandedOutError, secretName, service, type SecretSources } from "./service";

/** `homelab:grafana`: the dashboards. */
export const grafanaSchema = strict({
  enabled: flag.default(false).describe("whether it runs"),
  image: image.default("docker.io/grafana/grafana:12.2.1").describe("its image, an exact tag"),
  port: port
    .default(3000)
    .describe("its TCP port, open to the nodes and the operators; it asks for a name and a password"),
  dataDirectory: dataDirectory
    .default("/srv/homelab/grafana")
    .describe("holds who may log in, and what a person has set for themselves"),
  memory: z
    .string()
    .regex(/^[1-9]\d*M$/, "must be a size such as 512M")
    .default("384M")
    .describe("memory that it is never given more of"),
  prometheusPort: port.default(9090).describe("`homelab:prometheus.port` on storage"),
  /** For the page of one chain of requests. */
  postgres: strict({
    role: identifier
      .optional()
      .describe(
        "one of storage's roles, which reads `observability.chain` and nothing else; without it there is no data source for PostgreSQL",
      ),
    database: identifier.default("agent_gateway").describe("where that view is"),
    port: port.default(5432).describe("`homelab:postgres.port` on storage"),
  }).prefault({}),
});

export type GrafanaSettings = z.output<typeof grafanaSchema>;

/** Passwords that it is given; the administrator's is made for it. */
export const grafanaSecrets = ({
  postgres: { role, database },
}: GrafanaSettings): Readonly<Record<string, (given: SecretSources) => string>> =>
  role === undefined
    ? {}
    : {
        postgres: ({ storage }) => {
          const dsn = storage.dsns[role]?.[database];
          if (dsn === undefined)
            throw new NotHandedOutError(
              `homelab:grafana.postgres names ${role} and ${database}: storage has no such role that may connect to that database; see homelab:postgres.roles and homelab:postgres.databases there.`,
            );
          return decodeURIComponent(new URL(dsn).password);
        },
      };

export const grafanaSecretName = (key: "admin" | "postgres"): string => secretName("grafana", key);

export const grafana = service({
  title: "Grafana",
  purpose: "shows what is measured and said, as pages that are code",
  key: "grafana",
  on: ["desktop"],
  settings: grafanaSchema,
  problems: (_, { stack }) => needs("grafana", "metrics", stack),
  enabled: ({ enabled }) => enabled,
  images: ({ image }) => [image],
  ports: ({ port }) => [
    {
      title: "Grafana",
      port,
      key: "grafana.port",
      from: "operators",
      output: "GRAFANA_URL",
      metrics: "/metrics",
    },
  ],
  passwords: () => ["admin"],
  keeps: ({ dataDirectory }) => ({ kind: "persistent", paths: [dataDirectory], backup: "files" }),
});
