import { pathOfSecret } from "../../../packages/quadlet";
import { secretName, type AlertsSettings, type QuadletRun, type ServiceContext } from "../../../services";
import { hostPort, houseAddress, type Node } from "../../../topology";
import { alertmanagerArguments, alertmanagerConfig, type Receiver, type Receivers } from "../alertmanager";
import { nobody } from "./user";

type ReceiverSettings = AlertsSettings["receivers"][string];

const filled = (all: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));

/** What opens a receiver, by the keys of its podman secrets. */
const secretsOf = ({ webhook, ntfy, email, telegram, discord }: ReceiverSettings, prefix = "") =>
  filled({
    [`${prefix}webhook`]: webhook,
    [`${prefix}ntfy-token`]: ntfy.token,
    [`${prefix}email-password`]: email.password,
    [`${prefix}telegram-token`]: telegram.token,
    [`${prefix}discord`]: discord,
  });

const prefixOf = (name: string) => `to-${name}-`;

/** The podman secrets of an Alertmanager, by their keys: what opens its receivers. */
export function receiverSecrets(settings: AlertsSettings): Record<string, string> {
  return {
    ...secretsOf(settings),
    ...filled({ heartbeat: settings.heartbeat }),
    ...Object.fromEntries(
      Object.entries(settings.receivers).flatMap(([name, one]) =>
        Object.entries(secretsOf(one, prefixOf(name))),
      ),
    ),
  };
}

const secretFile = (key: string) => pathOfSecret(secretName("alertmanager", key));

function receiverOf(settings: ReceiverSettings, prefix = ""): Receiver {
  const { ntfy, email, telegram } = settings;
  const given = secretsOf(settings, prefix);
  const file = (key: string) => secretFile(`${prefix}${key}`);
  const has = (key: string) => `${prefix}${key}` in given;
  const [, server = "", topic = ""] = /^(.*)\/([^/]*)$/.exec(ntfy.url) ?? [];
  return {
    ...(has("webhook") ? { webhook: { urlFile: file("webhook") } } : {}),
    ...(ntfy.url === ""
      ? {}
      : { ntfy: { server, topic, ...(has("ntfy-token") ? { tokenFile: file("ntfy-token") } : {}) } }),
    ...(email.to === ""
      ? {}
      : {
          email: {
            ...{ to: email.to, from: email.from, server: email.server },
            ...(email.user === "" ? {} : { user: email.user }),
            ...(has("email-password") ? { passwordFile: file("email-password") } : {}),
          },
        }),
    ...(has("telegram-token")
      ? { telegram: { chat: telegram.chat, tokenFile: file("telegram-token") } }
      : {}),
    ...(has("discord") ? { discord: { urlFile: file("discord") } } : {}),
  };
}

const receivers = (settings: AlertsSettings): Receivers => ({
  people: receiverOf(settings),
  ...(settings.heartbeat === "" ? {} : { heartbeat: { urlFile: secretFile("heartbeat") } }),
  others: Object.fromEntries(
    Object.entries(settings.receivers).map(([name, one]) => [name, receiverOf(one, prefixOf(name))]),
  ),
});

/** An address in the mesh is there once tailscaled is, which Alertmanager must not wait for. */
const gossip = (node: Node, port: number) => {
  const [own, at] = [node.address, houseAddress(node)];
  return own === at
    ? { listen: hostPort(own, port) }
    : { listen: hostPort(at.includes(":") ? "::" : "0.0.0.0", port), advertise: hostPort(at, port) };
};

export function alertmanagerRun(settings: AlertsSettings, { node, topology }: ServiceContext): QuadletRun {
  const peers = (["storage", "desktop"] as const).filter((name) => name !== node.name);
  return {
    name: "alertmanager",
    description: "Tells people what is wrong",
    image: settings.image,
    memory: "96M",
    owner: nobody,
    container: {
      user: nobody,
      entrypoint: "/bin/alertmanager",
      exec: alertmanagerArguments(`:${settings.port}`, {
        ...gossip(node, settings.meshPort),
        peers: peers.map((name) => hostPort(houseAddress(topology.nodes[name]), settings.meshPort)),
      }),
      mounts: [{ source: settings.dataDirectory, target: "/alertmanager" }],
      secrets: Object.keys(receiverSecrets(settings)).map((key) => ({
        ...{ name: secretName("alertmanager", key), mode: "0400", uid: 65534 },
      })),
      environment: { GOMEMLIMIT: "80MiB" },
      noNewPrivileges: true,
      dropCapabilities: ["all"],
    },
    files: [
      {
        ...{ name: "alertmanager.yml", at: "/etc/alertmanager/alertmanager.yml" },
        content: alertmanagerConfig(receivers(settings)),
      },
    ],
    health: { http: `http://127.0.0.1:${settings.port}/-/ready` },
  };
}
