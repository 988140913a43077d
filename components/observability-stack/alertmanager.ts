import { stringify } from "yaml";

/** Where alerts are told; of each kind one. What opens it is a podman secret, and here the path of its file. */
export interface Receiver {
  readonly webhook?: { readonly urlFile: string };
  readonly ntfy?: { readonly server: string; readonly topic: string; readonly tokenFile?: string };
  readonly email?: {
    readonly to: string;
    readonly from: string;
    /** `host:port` */
    readonly server: string;
    readonly user?: string;
    readonly passwordFile?: string;
  };
  readonly telegram?: { readonly chat: number; readonly tokenFile: string };
  readonly discord?: { readonly urlFile: string };
}

export interface Receivers {
  /** Who is told of everything. */
  readonly people: Receiver;
  /** Who is told of what has their name in its label `notify`, which lists names with commas. */
  readonly others: Readonly<Record<string, Receiver>>;
  /** Asked each minute, by a service outside the house that tells when it is not. */
  readonly heartbeat?: { readonly urlFile: string };
}

const text = `{{ range .Alerts }}{{ if eq .Status "resolved" }}over: {{ end }}{{ .Annotations.summary }}
{{ if eq .Status "firing" }}{{ .Annotations.runbook }}
{{ end }}{{ end }}`;
const title = `{{ if eq .Status "firing" }}{{ .CommonLabels.severity }}{{ else }}over{{ end }}: {{ .CommonLabels.alertname }} {{ .CommonLabels.node }}`;

function receiver(name: string, { webhook, ntfy, email, telegram, discord }: Receiver) {
  return {
    name,
    ...(webhook === undefined && ntfy === undefined
      ? {}
      : {
          webhook_configs: [
            ...(webhook === undefined ? [] : [{ url_file: webhook.urlFile, max_alerts: 50 }]),
            ...(ntfy === undefined
              ? []
              : [
                  {
                    // ntfy's own form for what Alertmanager sends. https://docs.ntfy.sh/publish/#message-templating
                    url: `${ntfy.server}/${ntfy.topic}?template=alertmanager`,
                    max_alerts: 20,
                    ...(ntfy.tokenFile === undefined
                      ? {}
                      : { http_config: { authorization: { credentials_file: ntfy.tokenFile } } }),
                  },
                ]),
          ].map((one) => ({ ...one, send_resolved: true })),
        }),
    ...(email === undefined
      ? {}
      : {
          email_configs: [
            {
              to: email.to,
              from: email.from,
              smarthost: email.server,
              ...(email.user === undefined ? {} : { auth_username: email.user }),
              ...(email.passwordFile === undefined ? {} : { auth_password_file: email.passwordFile }),
              send_resolved: true,
              headers: { Subject: title },
              html: "",
              text,
            },
          ],
        }),
    ...(telegram === undefined
      ? {}
      : {
          telegram_configs: [
            {
              bot_token_file: telegram.tokenFile,
              chat_id: telegram.chat,
              parse_mode: "",
              message: text,
              send_resolved: true,
            },
          ],
        }),
    ...(discord === undefined
      ? {}
      : {
          discord_configs: [{ webhook_url_file: discord.urlFile, title, message: text, send_resolved: true }],
        }),
  };
}

const groups = ["alertname", "node", "name", "job"];

/** Each run that failed is a message of its own, at once: in a group with others it would wait for that group's next minute. */
const failedRun = { matchers: ['alertname="JobFailed"'], group_by: [...groups, "deployment", "run"] };

/**
 * Who is told what, and when. One message for each alert, node and unit; what is critical goes at once, the rest within minutes.
 */
export function alertmanagerConfig(receivers: Receivers): string {
  const { people, others, heartbeat } = receivers;
  return stringify(
    {
      route: {
        receiver: "people",
        group_by: groups,
        group_wait: "5s",
        group_interval: "1m",
        // It also bounds how long an alert stays untold that ends while this is off and comes again: what was told is remembered,
        // that it ended is not.
        repeat_interval: "4h",
        routes: [
          ...Object.keys(others).map((name) => ({
            matchers: [`notify=~"(.*,)?${name}(,.*)?"`],
            receiver: name,
            continue: true,
            routes: [failedRun],
          })),
          {
            matchers: ['alertname="Watchdog"'],
            receiver: heartbeat === undefined ? "nobody" : "heartbeat",
            group_wait: "0s",
            group_interval: "1m",
            repeat_interval: "1m",
          },
          { matchers: ['severity="warning"'], receiver: "people", group_wait: "1m", repeat_interval: "24h" },
          failedRun,
          // Those named are told beside the house's people, not in their stead.
          ...(Object.keys(others).length === 0 ? [] : [{ matchers: ['notify!=""'], receiver: "people" }]),
        ],
      },
      inhibit_rules: [
        {
          // A node that is down is one message. Both sides have the label `node`: two that lack it would count as equal.
          source_matchers: ['alertname="NodeDown"', 'node!=""'],
          target_matchers: [
            'alertname=~"ServiceDown|PostgresDown|LogsNotArriving|MetricsFileOld|NodeComesAndGoes"',
            'node!=""',
          ],
          equal: ["node"],
        },
        {
          // Without Prometheus nothing is heard any more, which does not mean that it is over.
          source_matchers: ['alertname="MonitoringDead"'],
          target_matchers: ['alertname!~"MonitoringDead|Watchdog"'],
        },
      ],
      receivers: [
        receiver("people", people),
        ...Object.entries(others).map(([name, one]) => receiver(name, one)),
        { name: "nobody" },
        ...(heartbeat === undefined
          ? []
          : [
              { name: "heartbeat", webhook_configs: [{ url_file: heartbeat.urlFile, send_resolved: false }] },
            ]),
      ],
    },
    { lineWidth: 0 },
  );
}

/**
 * Arguments of the program. Those of several nodes are told of the same alerts and speak to one another, so that each is told
 * once; whichever is left tells it alone.
 */
export const alertmanagerArguments = (
  listen: string,
  mesh: { readonly listen: string; readonly advertise?: string; readonly peers: readonly string[] },
): string[] => [
  "--config.file=/etc/alertmanager/alertmanager.yml",
  "--storage.path=/alertmanager",
  `--web.listen-address=${listen}`,
  `--cluster.listen-address=${mesh.listen}`,
  ...(mesh.advertise === undefined ? [] : [`--cluster.advertise-address=${mesh.advertise}`]),
  ...mesh.peers.map((peer) => `--cluster.peer=${peer}`),
];
