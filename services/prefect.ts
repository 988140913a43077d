import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { dataDirectory, flag, identifier, image, memory, port, strict } from "./fields";
import { count } from "./pod-fields";
import { quadletKeys } from "./quadlet-keys";
import { secretName, service, type SecretSources, type StorageValues } from "./service";
import { databaseUrl } from "./storage-values";

/** Server and workers are of one version. @see https://hub.docker.com/r/prefecthq/prefect */
export const prefectImage = image
  .default("docker.io/prefecthq/prefect:3.9.1-python3.12")
  .describe("its image, an exact tag; server and workers must have the same version");

export const prefectPort = port
  .default(4200)
  .describe("its TCP port, for the API and the pages, open to the nodes and the operators");

const settings = strict({
  enabled: flag.default(false).describe("whether it runs on this node, which must be always on"),
  image: prefectImage,
  port: prefectPort,
  dataDirectory: dataDirectory
    .default("/srv/homelab/prefect")
    .describe("holds the leases of slots, so that a restart forgets none; its books are in PostgreSQL"),
  memory: memory.default("1G").describe("memory that it is never given more of"),
  role: identifier
    .default("prefect")
    .describe("owner of the database; made on storage when the server runs there"),
  database: identifier
    .default("prefect")
    .describe("its books, with the extension pg_trgm; made on storage when the server runs there"),
  keepRunsDays: count(1, 3650).default(90).describe("days that a run, its states and log lines are kept"),
  keepEventsDays: count(1, 365).default(7).describe("days that an event is kept"),
  quadlet: quadletKeys.describe("further keys of its quadlet, by section"),
});
export type PrefectSettings = z.output<typeof settings>;

/** Name of the login that the API asks for. */
const prefectUser = "homelab";

/** What the API is asked with: Prefect's "auth string". */
export const prefectLogin = (password: string): string => `${prefectUser}:${password}`;

/** The connection string as Prefect wants it, which speaks through asyncpg. */
const databaseOf = (own: PrefectSettings, storage: StorageValues) =>
  databaseUrl(storage, own, "prefect").replace(/^postgresql:/, "postgresql+asyncpg:");

const days = (number: number) => String(number * 86_400);

/** @see https://docs.prefect.io/v3/api-ref/settings-ref */
const serverEnvironment = (own: PrefectSettings): Record<string, string> => ({
  PREFECT_HOME: "/data",
  PREFECT_SERVER_UI_STATIC_DIRECTORY: "/data/ui",
  // In memory, the default, a restart forgets who holds a slot, and the slot stays taken.
  PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE: "prefect.server.concurrency.lease_storage.filesystem",
  // By default only events are taken away, and runs stay for ever.
  PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED: "events,flow_runs",
  PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD: days(own.keepRunsDays),
  // This one is no number of seconds.
  PREFECT_SERVER_EVENTS_RETENTION_PERIOD: `P${own.keepEventsDays}D`,
  PREFECT_SERVER_ANALYTICS_ENABLED: "false",
  DO_NOT_TRACK: "1",
});

const secrets = (own: PrefectSettings) => ({
  login: ({ passwords }: SecretSources) => prefectLogin(passwords.password ?? ""),
  database: ({ storage }: SecretSources) => databaseOf(own, storage),
});

/** Run on the node: it dumps the tables before another version starts, and brings them back. */
const tables = "tables.sh";

/** Where PostgreSQL is on the same node, what changes the tables is preceded by a dump. */
function withDump({ image: started, database, dataDirectory: directory, quadlet }: PrefectSettings) {
  const { ExecStartPre = [], ...others } = quadlet.Service;
  const dump = `/bin/bash /etc/homelab/prefect/${tables} before ${database} ${directory}/dumps ${started}`;
  return { ...quadlet, Service: { ...others, ExecStartPre: [dump, ...[ExecStartPre].flat()] } };
}

/** The server of jobs.yaml's jobs. Who runs them: ./jobs.ts. */
export const prefect = service({
  title: "Prefect",
  purpose:
    "runs the jobs of jobs.yaml by their schedules, and knows how each went; its books are in PostgreSQL",
  key: "prefect",
  on: ["desktop", "storage"],
  settings,
  enabled: ({ enabled }) => enabled,
  images: (own) => [own.image],
  ports: (own) => [
    { title: "Prefect", port: own.port, key: "prefect.port", from: "operators", output: "PREFECT_URL" },
  ],
  database: ({ role, database }) => ({ role, database, extensions: ["pg_trgm"] }),
  keeps: (own) => ({
    kind: "persistent",
    paths: [own.dataDirectory],
    backup: { own: "none: who holds which slot is known anew within a minute" },
  }),
  passwords: () => ["password"],
  secrets,
  quadlet: (own, { node }) => ({
    name: "prefect",
    description: "Prefect, which begins the jobs of the house",
    image: own.image,
    container: {
      mounts: [{ source: own.dataDirectory, target: "/data" }],
      secrets: [
        { name: secretName("prefect", "login"), variable: "PREFECT_SERVER_API_AUTH_STRING" },
        { name: secretName("prefect", "database"), variable: "PREFECT_SERVER_DATABASE_CONNECTION_URL" },
      ],
      environment: serverEnvironment(own),
      dropCapabilities: ["all"],
      exec: ["prefect", "server", "start", "--host", "0.0.0.0", "--port", String(own.port)],
      stopTimeout: 30,
    },
    files: [
      {
        name: tables,
        content: readFileSync(join(__dirname, "files", `prefect-${tables}`), "utf8"),
        at: `/opt/homelab/${tables}`,
        onChange: "nothing",
      },
    ],
    memory: own.memory,
    // Answers without a login, and only once the tables are there.
    health: { http: `http://127.0.0.1:${own.port}/api/health` },
    // The first start makes 37 tables, and a new version changes them.
    startSeconds: 300,
    more: node.name === "storage" ? withDump(own) : own.quadlet,
  }),
});
