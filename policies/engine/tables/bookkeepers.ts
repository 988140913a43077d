/** Services that keep their books in a local file unless they are pointed at a database. A table, no logic. */

import { aiApps } from "./books/ai";
import { homeApps } from "./books/home";
import { mediaApps } from "./books/media";
import type { Bookkeeper } from "./books/row";
import { watchApps } from "./books/watch";
import { workApps } from "./books/work";

export type { Bookkeeper };

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
    product: "Uptime Kuma",
    keeps: "a SQLite file",
    image: /(^|\/)uptime-kuma$/,
    programs: /^(node|server)$/,
    dataDirs: ["/app/data"],
    pointers: /^(UPTIME_KUMA_)?DB_(HOST|HOSTNAME)$/i,
    point: "UPTIME_KUMA_DB_TYPE=mariadb and UPTIME_KUMA_DB_HOSTNAME",
  },
  ...homeApps,
  ...mediaApps,
  ...workApps,
  ...watchApps,
  ...aiApps,
  {
    product: "an application of LinuxServer.io",
    keeps: "its settings and databases in /config",
    image:
      /^(lscr\.io\/)?linuxserver\/(?!(baseimage-.*|ffmpeg|socket-proxy|mods|yq|kasm-.*|docker-compose|openssh-server|nginx|wireguard|swag|duckdns|ddclient|librespeed|smokeping-slave|mariadb|fleet|ci|mstream)$)/,
    programs: /^(init|s6-svscan)$/,
    dataDirs: ["/config"],
    pointers: /^$/,
    point: "nothing: what it keeps needs a volume off the node",
    see: "https://docs.linuxserver.io/general/running-our-containers/",
  },
];
