import { z } from "zod";
import { dataDirectory, flag, image, port, strict } from "./fields";
import { needs, service, type JudgedBy } from "./service";

/** Receivers that Alertmanager has anyway. */
const reserved = ["people", "nobody", "heartbeat"];

const line = (what: string) =>
  z.string({ error: `must be ${what}` }).regex(/^[^\r\n\0]*$/, `must be ${what}`);
/** May hold what opens it, so it becomes a podman secret. */
const secretUrl = z
  .string({ error: "must be a URL" })
  .regex(/^(https?:\/\/[^\s]+)?$/, "must be a URL that begins with http:// or https://");

const identifierOfReceiver = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "must be a name such as ada: small letters, digits and -")
  .refine(
    (name) => !reserved.includes(name),
    `must be none of ${reserved.join(", ")}, which are the program's own`,
  );

/** Ways to tell somebody; each is used when it is named. */
const receiver = {
  webhook: secretUrl.default("").describe("a URL that is sent Alertmanager's JSON. Secret"),
  /** ntfy: `https://ntfy.sh/my-topic`, or a server of your own. */
  ntfy: strict({
    url: z
      .string()
      .regex(
        /^(https?:\/\/[^\s/]+\/[A-Za-z0-9_-]{1,64})?$/,
        "must be a server and a topic such as https://ntfy.sh/my-topic",
      )
      .default("")
      .describe("a topic of ntfy: `https://ntfy.sh/my-topic`, or a server of your own"),
    token: line("a token").default("").describe("a token for it, where the topic asks for one. Secret"),
  }).prefault({}),
  email: strict({
    to: line("an address").default("").describe("an address"),
    from: line("an address").default("").describe("the sender"),
    server: line("host:port")
      .default("")
      .describe("`host:port` of the server that takes it, which must speak TLS"),
    user: line("a name").default("").describe("name there"),
    password: line("a password").default("").describe("password there. Secret"),
  }).prefault({}),
  telegram: strict({
    chat: z.int("must be a whole number").default(0).describe("number of the chat"),
    token: line("a token").default("").describe("the bot's token. Secret"),
  }).prefault({}),
  discord: secretUrl.default("").describe("the webhook of a channel. Secret"),
};

/** `homelab:alerts`: who is told of what is wrong. Each receiver is switched on by being named. */
export const alertsSchema = strict({
  enabled: flag.default(false).describe("whether Alertmanager runs on the node, which must be always on"),
  image: image.default("docker.io/prom/alertmanager:v0.33.1").describe("its image, an exact tag"),
  port: port.default(9093).describe("its TCP port, open to the nodes"),
  meshPort: port.default(9094).describe("TCP and UDP port by which the two agree"),
  dataDirectory: dataDirectory
    .default("/srv/homelab/alertmanager")
    .describe("directory on the node that holds what was told already, and silences"),
  ...receiver,
  receivers: z
    .record(identifierOfReceiver, strict(receiver))
    .default({})
    .describe("further ones by a name of your choice, told only of what names them: a job by `notify`"),
  heartbeat: secretUrl
    .default("")
    .describe("a URL outside the house that is asked each minute as long as alerts work. Secret"),
});

export type AlertsSettings = z.output<typeof alertsSchema>;

type ReceiverSettings = AlertsSettings["receivers"][string];

function givenInPart({ email, telegram }: ReceiverSettings, key: string): string[] {
  const given = [email.to, email.from, email.server].filter((one) => one !== "").length;
  return [
    ...(given === 0 || given === 3
      ? []
      : [`${key}.email is given in part: it must have to, from and server.`]),
    ...((telegram.chat === 0) === (telegram.token === "")
      ? []
      : [`${key}.telegram is given in part: it must have chat and token.`]),
  ];
}

const tellsNobody = ({ webhook, ntfy, email, telegram, discord }: ReceiverSettings) =>
  [webhook, ntfy.url, email.to, telegram.token, discord].every((one) => one === "");

function problems({ enabled, receivers, ...house }: AlertsSettings, { stack }: JudgedBy): string[] {
  if (!enabled) return [];
  const further = Object.entries(receivers).flatMap(([name, one]) => {
    const key = `homelab:alerts.receivers.${name}`;
    return [
      ...givenInPart(one, key),
      ...(tellsNobody(one) ? [`${key} names no way to be told: ${Object.keys(receiver).join(", ")}.`] : []),
    ];
  });
  return [...needs("alerts", "metrics", stack), ...givenInPart(house, "homelab:alerts"), ...further];
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
