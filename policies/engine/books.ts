/** Services that keep their books in a local file unless they are pointed at a database. */
import type { Container, EnvValue } from "./facts";
import { imagePath } from "./images";
import { starts, toldTo } from "./programs";

export interface Bookkeeper {
  readonly product: string;
  /** What it uses when nothing is said. */
  readonly keeps: string;
  readonly image: RegExp;
  /** Executables and subcommands that start the part that keeps the books. */
  readonly programs: RegExp;
  /** Words of a command by which it is known in any image. */
  readonly command?: RegExp;
  readonly dataDirs: readonly string[];
  /** Variables and options that point it at a database. */
  readonly pointers: RegExp;
  /** How to point it at one, for the message. */
  readonly point: string;
}

export const bookkeepers: readonly Bookkeeper[] = [
  {
    product: "MLflow",
    keeps: "a SQLite file or the directory mlruns",
    image: /(^|\/)mlflow(-server|-tracking)?$/,
    programs: /^(mlflow|server|ui|gunicorn|uvicorn)$/,
    command: /(^|[\s/;&"'])mlflow\s+(server|ui)\b/,
    dataDirs: ["/mlruns", "/mlflow", "/app/mlruns", "/bitnami/mlflow"],
    pointers:
      /^(--backend-store-uri|MLFLOW_BACKEND_STORE_URI|MLFLOW_TRACKING_STORE_URI|BACKEND_STORE_URI|BACKEND_URI)$/i,
    point: "--backend-store-uri postgresql://… (or MLFLOW_BACKEND_STORE_URI)",
  },
  {
    product: "Dagster",
    keeps: "SQLite files in DAGSTER_HOME",
    image: /(^|\/)(dagster|dagit|dagster-webserver|dagster-daemon|dagster-k8s|dagster-celery-k8s)$/,
    programs: /^(dagster-webserver|dagster-daemon|dagit|dev|dagster)$/,
    command: /(^|[\s/;&"'])(dagster-webserver|dagster-daemon|dagit|dagster\s+dev)\b/,
    dataDirs: ["/opt/dagster/dagster_home/storage", "/opt/dagster/dagster_home", "/dagster_home"],
    pointers: /^DAGSTER_(PG|POSTGRES|MYSQL)_|^DAGSTER_DB|^(POSTGRES|PG|MYSQL)_?(HOST|URL)|^DATABASE_URL$/i,
    point: "storage: postgres: … in dagster.yaml",
  },
  {
    product: "Prefect",
    keeps: "a SQLite file in PREFECT_HOME",
    image: /(^|\/)prefect(-server)?$/,
    programs: /^(prefect|server|orion)$/,
    command: /(^|[\s/;&"'])prefect\s+(server|orion)\s+start\b/,
    dataDirs: ["/root/.prefect"],
    pointers: /^PREFECT_(API|SERVER|ORION)_DATABASE_CONNECTION_URL$/i,
    point: "PREFECT_API_DATABASE_CONNECTION_URL=postgresql+asyncpg://…",
  },
  {
    product: "Grafana",
    keeps: "the SQLite file grafana.db",
    image: /(^|\/)grafana(-oss|-enterprise|-oss-dev)?$/,
    programs: /^(grafana|grafana-server|server)$/,
    dataDirs: ["/var/lib/grafana", "/opt/bitnami/grafana/data"],
    pointers: /^GF_DATABASE_(URL|HOST|TYPE)$/i,
    point: "GF_DATABASE_URL=postgres://… (or GF_DATABASE_TYPE and GF_DATABASE_HOST)",
  },
  {
    product: "Metabase",
    keeps: "an H2 file",
    image: /(^|\/)metabase(-enterprise)?$/,
    programs: /^(metabase|java)$/,
    dataDirs: ["/metabase-data", "/metabase.db"],
    pointers: /^MB_DB_(CONNECTION_URI|HOST|TYPE)$/i,
    point: "MB_DB_CONNECTION_URI=postgres://…",
  },
  {
    product: "n8n",
    keeps: "a SQLite file",
    image: /(^|\/)n8n$/,
    programs: /^(n8n|start)$/,
    dataDirs: ["/home/node/.n8n", "/root/.n8n"],
    pointers: /^DB_(TYPE|POSTGRESDB_HOST)$/i,
    point: "DB_TYPE=postgresdb and DB_POSTGRESDB_HOST",
  },
  {
    product: "Gitea",
    keeps: "a SQLite file and the repositories",
    image: /(^|\/)(gitea|forgejo)$/,
    programs: /^(gitea|forgejo|web|s6-svscan)$/,
    dataDirs: ["/data", "/var/lib/gitea"],
    // Even with a database elsewhere the repositories stay in the directory.
    pointers: /^$/,
    point: "nothing: its repositories need a volume off the node",
  },
  {
    product: "Vaultwarden",
    keeps: "a SQLite file",
    image: /(^|\/)vaultwarden$|bitwardenrs\/server$/,
    programs: /^(vaultwarden|start)$/,
    dataDirs: ["/data"],
    pointers: /^DATABASE_URL$/i,
    point: "DATABASE_URL=postgresql://…",
  },
  {
    product: "Uptime Kuma",
    keeps: "a SQLite file",
    image: /(^|\/)uptime-kuma$/,
    programs: /^(node|server)$/,
    dataDirs: ["/app/data"],
    pointers: /^(UPTIME_KUMA_)?DB_(HOST|HOSTNAME)$/i,
    point: "UPTIME_KUMA_DB_TYPE=mariadb and UPTIME_KUMA_DB_HOSTNAME",
  },
];

/** The bookkeeper a container runs, if it runs one. */
export function bookkeeperIn(container: Container): Bookkeeper | undefined {
  if (container.role === "init" || container.role === "debug") return undefined;
  const path = imagePath(container.image).join("/");
  const words = [...(container.entrypoint ?? []), ...(container.args ?? [])];
  const told = words.join(" ");
  const byCommand = bookkeepers.find((keeper) => keeper.command?.test(told));
  if (byCommand !== undefined) return byCommand;
  const keeper = bookkeepers.find((candidate) => candidate.image.test(path));
  if (keeper === undefined) return undefined;
  // These images start nothing, or something else, until they are told to.
  if (keeper.command !== undefined && words.length > 0) {
    return keeper.product === "MLflow" && (words[0] ?? "").startsWith("-") ? keeper : undefined;
  }
  if (keeper.command !== undefined && keeper.product !== "MLflow" && keeper.product !== "Dagster")
    return undefined;
  return starts(container, keeper.programs) ? keeper : undefined;
}

/** True when a value names a place that is a local file, or a database on the same machine. */
function staysOnTheNode(value: string): boolean {
  return /^(sqlite\d?|file|h2)\b|sqlite\d?:|^[./~]|\.db$|\/\/([^/@]*@)?(localhost|127\.|\[::1\])|^(localhost|127\.)/i.test(
    value.trim(),
  );
}

/**
 * Says whether a container is pointed at a database off the node.
 *
 * @param env its variables, those of the ConfigMaps it takes them from included
 * @param texts its configuration files, as far as they are known
 */
export function isPointedAtDatabase(
  keeper: Bookkeeper,
  container: Container,
  env: Readonly<Record<string, EnvValue>>,
  texts: readonly string[],
): boolean {
  const values = [
    ...Object.entries(env)
      .filter(([name]) => keeper.pointers.test(name))
      .map(([, value]) => value),
    ...optionValues(toldTo(container), keeper.pointers),
  ];
  if (values.some((value) => typeof value === "string" && staysOnTheNode(value))) return false;
  return values.some((value) => value !== "") || texts.some((text) => pointsAtDatabase(text));
}

/** A configuration file that names a database server: grafana.ini, dagster.yaml and their like. */
function pointsAtDatabase(text: string): boolean {
  const used = text.replace(/^\s*[#;].*$/gm, "");
  return (
    /^\s*type\s*[=:]\s*["']?(postgres|mysql)/m.test(used) ||
    /^\s*(postgres|postgres_storage|mysql)\s*:/m.test(used) ||
    /(postgres(ql)?|mysql)(\+\w+)?:\/\/(?!localhost|127\.)/.test(used) ||
    /module:\s*dagster_(postgres|mysql)/.test(used)
  );
}

function optionValues(words: readonly string[], pointers: RegExp): string[] {
  const parts = words.flatMap((word) => word.split(/\s+/));
  return parts.flatMap((part, index) => {
    const [name, ...rest] = part.split("=");
    if (!pointers.test(name ?? "")) return [];
    return [rest.length > 0 ? rest.join("=") : (parts[index + 1] ?? "")];
  });
}
