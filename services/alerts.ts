import { z } from "zod";
import { dataDirectory, flag, image, port, strict } from "./fields";
import { needs, service, type JudgedBy } from "./service";

const line = (what: string) =>
  z.string({ error: `must be ${what}` }).regex(/^[^\r\n\0]*$/, `must be ${what}`);
/** May hold what opens it, so it becomes a podman secret. */
const secretUrl = z
  .string({ error: "must be a URL" })
  .regex(/^(https?:\/\/[^\s]+)?$/, "must be a URL that begins with http:// or https://");

/** `homelab:alerts`: who is told of what is wrong. Each receiver is switched on by being named. */
export const alertsSchema = strict({
  enabled: flag.default(false),
  image: image.default("docker.io/prom/alertmanager:v0.33.1"),
  port: port.default(9093),
  /** TCP and UDP; where those of storage and desktop agree on who tells. */
  meshPort: port.default(9094),
  /** Holds what was told already, and silences. */
  dataDirectory: dataDirectory.default("/srv/homelab/alertmanager"),
  /** POST of Alertmanager's JSON. `pulumi config set --secret --path`. */
  webhook: secretUrl.default(""),
  /** ntfy: `https://ntfy.sh/my-topic`, or a server of your own. */
  ntfy: strict({
    url: z
      .string()
      .regex(
        /^(https?:\/\/[^\s/]+\/[A-Za-z0-9_-]{1,64})?$/,
        "must be a server and a topic such as https://ntfy.sh/my-topic",
      )
      .default(""),
    /** Where the topic asks for one: `--secret`. */
    token: line("a token").default(""),
  }).prefault({}),
  email: strict({
    to: line("an address").default(""),
    from: line("an address").default(""),
    /** `host:port` of the server that takes it. */
    server: line("host:port").default(""),
    user: line("a name").default(""),
    /** `--secret`. */
    password: line("a password").default(""),
  }).prefault({}),
  telegram: strict({
    chat: z.int("must be a whole number").default(0),
    /** Of the bot: `--secret`. */
    token: line("a token").default(""),
  }).prefault({}),
  /** The webhook of a channel: `--secret`. */
  discord: secretUrl.default(""),
  /** Asked each minute as long as alerts work: a service outside the house that tells when it is not. `--secret`. */
  heartbeat: secretUrl.default(""),
});

export type AlertsSettings = z.output<typeof alertsSchema>;

function problems({ enabled, email, telegram }: AlertsSettings, { stack }: JudgedBy): string[] {
  if (!enabled) return [];
  const given = [email.to, email.from, email.server].filter((one) => one !== "").length;
  return [
    ...needs("alerts", "metrics", stack),
    ...(given === 0 || given === 3
      ? []
      : ["homelab:alerts.email is given in part: it must have to, from and server."]),
    ...((telegram.chat === 0) === (telegram.token === "")
      ? []
      : ["homelab:alerts.telegram is given in part: it must have chat and token."]),
  ];
}

export const alerts = service({
  title: "Alertmanager",
  purpose: "tells people what is wrong, once",
  key: "alerts",
  on: ["storage", "desktop"],
  settings: alertsSchema,
  problems,
  enabled: ({ enabled }) => enabled,
  images: ({ image }) => [image],
  ports: ({ port, meshPort }) => [
    { title: "Alertmanager", port, key: "alerts.port", from: "nodes", metrics: "/metrics" },
    ...(["tcp", "udp"] as const).map((protocol) => ({
      title: "Alertmanager mesh",
      port: meshPort,
      key: "alerts.meshPort",
      protocol,
      from: ["storage", "desktop"] as const,
    })),
  ],
  keeps: ({ dataDirectory }) => ({
    kind: "persistent",
    paths: [dataDirectory],
    backup: { own: "none: what was told already" },
  }),
});
