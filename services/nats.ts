import { pathOfSecret } from "../packages/quadlet";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { dataDirectory, flag, image, listOf, memory, port, strict } from "./fields";
import { quadletKeys } from "./quadlet-keys";
import { secretName, service, type SecretSources } from "./service";

/** @see https://docs.nats.io/nats-concepts/subjects */
const subject = z
  .string()
  .regex(
    /^[A-Za-z0-9_$*-]+(\.[A-Za-z0-9_$*-]+)*(\.>)?$|^>$/,
    "must be a subject such as tasks.new, tasks.* or tasks.>",
  );

const size = z.string().regex(/^[1-9]\d*(MB|GB)$/, "must be a size such as 512MB or 10GB");

/** Who makes snapshots of the streams, and restores them; it can read, change and delete nothing. */
const backupUser = "backup";
const backupRights = {
  publish: [
    ...["$JS.API.STREAM.NAMES", "$JS.API.STREAM.SNAPSHOT.*", "$JS.SNAPSHOT.ACK.>"],
    ...["$JS.API.STREAM.RESTORE.*", "$JS.SNAPSHOT.RESTORE.>"],
  ],
  subscribe: ["_INBOX.homelab-backup.>"],
};

const user = strict({
  publish: listOf(subject).default([]).describe("subjects that it may publish to"),
  subscribe: listOf(subject)
    .default(["_INBOX.>"])
    .describe("subjects that it may subscribe to; `_INBOX.>` is where answers come"),
});

const settings = strict({
  enabled: flag.default(false).describe("whether it runs"),
  image: image.default("docker.io/library/nats:2.15.2-alpine").describe("its image, an exact tag"),
  port: port.default(4222).describe("TCP port for clients"),
  monitorPort: port
    .default(8222)
    .describe("port of its health check and its own figures, on the node's loopback only"),
  dataDirectory: dataDirectory.default("/srv/homelab/nats").describe("holds JetStream's streams"),
  memory: memory.default("512M").describe("memory that it is never given more of"),
  maxFileStore: size.default("10GB").describe("disk that all streams together may take"),
  syncInterval: z
    .union([z.literal("always"), z.string().regex(/^[1-9]\d*(ms|s|m)$/)], {
      error: "must be always, or a time such as 10s",
    })
    .default("always")
    .describe(
      "when what is published is synced to the disk. `always`: before it is acknowledged, so a power cut loses nothing that was; any time: many more messages a second, and a power cut loses what came since; a stream that was made since may then keep NATS unhealthy until its folder below `dataDirectory` is removed",
    ),
  backupDirectory: dataDirectory
    .default("/srv/homelab/nats-backup")
    .describe("holds a snapshot of every stream, which is in the node's backup; as large as the streams"),
  users: z
    .record(z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/, "must be a user name such as agent"), user)
    .refine((users) => !(backupUser in users), {
      error: `must not have a user ${backupUser}: that one is the house's own, for its backups`,
    })
    .prefault({ agent: { publish: [">"], subscribe: [">"] } })
    .describe(
      "users by name, each with a password made for it (stack output `passwords`) and no more rights than these",
    ),
  quadlet: quadletKeys.describe("further keys of its quadlet, by section"),
});
export type NatsSettings = z.output<typeof settings>;

/** In nats-server's own notation, which is close to JSON. */
const text = (value: unknown) => JSON.stringify(value);

/** The text of nats.conf. @see https://docs.nats.io/running-a-nats-service/configuration */
export function natsConfig(own: NatsSettings, server: string): string {
  return `# Written by Pulumi: changes made here are put back.
server_name: ${text(server)}
host: "0.0.0.0"
port: ${own.port}
http: "127.0.0.1:${own.monitorPort}"
jetstream {
  store_dir: "/data"
  max_file_store: ${own.maxFileStore}
  max_memory_store: 64MB
  sync_interval: ${text(own.syncInterval)}
}
# Passwords are in a secret. The path is taken from this file's folder.
include "../..${pathOfSecret(secretName("nats", "accounts"))}"
`;
}

/** The accounts and their users, with passwords: a secret. */
export function natsAccounts({ users }: NatsSettings, { passwords }: SecretSources): string {
  const rows = Object.entries({ ...users, [backupUser]: backupRights }).map(
    ([name, { publish, subscribe }]) =>
      `      { user: ${text(name)}, password: ${text(passwords[name] ?? "")}, permissions: {` +
      ` publish: { allow: ${text(publish)} }, subscribe: { allow: ${text(subscribe)} } } }\n`,
  );
  return `accounts {
  HOUSE {
    jetstream: enabled
    users: [
${rows.join("")}    ]
  }
}
`;
}

/** The script that puts a snapshot of every stream where the backup takes it from, and restores them. */
const dump = (own: NatsSettings) => `#!/bin/bash
# nats [restore]: a snapshot of every stream into ${own.backupDirectory}; or those that are not there back from it.
set -euo pipefail
podman secret inspect --showsecret --format '{{.SecretData}}' ${secretName("nats", backupUser)} |
  perl -x "$0" "\${1:-backup}" ${own.port} ${backupUser} ${own.backupDirectory}
exit
${readFileSync(join(__dirname, "files/nats-streams.pl"), "utf8")}`;

/** Messages between agents. */
export const nats = service({
  title: "NATS",
  purpose: "messages between agents; JetStream keeps its streams",
  key: "nats",
  on: ["desktop", "storage"],
  settings,
  enabled: ({ enabled }) => enabled,
  images: (own) => [own.image],
  ports: (own) => [
    {
      ...{ title: "NATS", port: own.port, key: "nats.port", from: "operators" },
      ...{ output: "NATS_URL", scheme: "nats" },
    },
  ],
  keeps: (own) => ({
    kind: "persistent",
    paths: [own.dataDirectory],
    // Its own files are never of one moment while it runs.
    backup: { dump: own.backupDirectory },
  }),
  passwords: ({ users }) => [...Object.keys(users), backupUser],
  secrets: (own) => ({ accounts: (given) => natsAccounts(own, given) }),
  quadlet: (own, { node }) => ({
    name: "nats",
    description: "NATS, messages between agents",
    image: own.image,
    container: {
      secrets: [{ name: secretName("nats", "accounts"), mode: "0400" }],
      mounts: [{ source: own.dataDirectory, target: "/data" }],
      dropCapabilities: ["all"],
      readOnly: true,
      exec: ["--config", "/etc/nats/nats.conf"],
    },
    files: [{ name: "nats.conf", content: natsConfig(own, node.name), at: "/etc/nats/nats.conf" }],
    memory: own.memory,
    dump: dump(own),
    // Says no as well when JetStream cannot write.
    health: { http: `http://127.0.0.1:${own.monitorPort}/healthz` },
    more: own.quadlet,
  }),
});
