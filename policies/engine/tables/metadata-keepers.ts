/** Services that keep their metadata in a local file unless they are pointed at a database. A table, no logic. */

import { aiApps } from "./metadata/ai";
import { backupApps } from "./metadata/backup";
import { families } from "./metadata/families";
import { homeApps } from "./metadata/home";
import { houseApps } from "./metadata/house";
import { mediaApps } from "./metadata/media";
import { netApps } from "./metadata/net";
import { playApps } from "./metadata/play";
import type { MetadataKeeper } from "./metadata/row";
import { talkApps } from "./metadata/talk";
import { watchApps } from "./metadata/watch";
import { workApps } from "./metadata/work";

export type { MetadataKeeper };

export const metadataKeepers: readonly MetadataKeeper[] = [
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
    see: "https://github.com/mlflow/mlflow/blob/HEAD/docs/docs/self-hosting/architecture/backend-store.mdx",
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
    see: "https://github.com/dagster-io/dagster/blob/HEAD/docs/docs/deployment/oss/dagster-yaml.md",
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
    see: "https://github.com/PrefectHQ/prefect/blob/HEAD/src/prefect/settings/models/server/database.py",
  },
  {
    product: "Grafana",
    keeps: "the SQLite file grafana.db",
    image: /(^|\/)grafana(-oss|-enterprise|-oss-dev)?$/,
    programs: /^(grafana|grafana-server|server)$/,
    dataDirs: ["/var/lib/grafana", "/opt/bitnami/grafana/data"],
    pointers: /^GF_DATABASE_(URL|HOST|TYPE)$/i,
    point: "GF_DATABASE_URL=postgres://… (or GF_DATABASE_TYPE and GF_DATABASE_HOST)",
    see: "https://github.com/grafana/grafana/blob/HEAD/docs/sources/setup-grafana/configure-grafana/_index.md",
  },
  {
    product: "Metabase",
    keeps: "an H2 file",
    image: /(^|\/)metabase(-enterprise)?$/,
    programs: /^(metabase|java)$/,
    dataDirs: ["/metabase-data", "/metabase.db"],
    pointers: /^MB_DB_(CONNECTION_URI|HOST|TYPE)$/i,
    point: "MB_DB_CONNECTION_URI=postgres://…",
    see: "https://github.com/metabase/metabase/blob/HEAD/docs/installation-and-operation/running-metabase-on-docker.md",
  },
  {
    product: "n8n",
    keeps: "a SQLite file",
    image: /(^|\/)n8n$/,
    programs: /^(n8n|start)$/,
    dataDirs: ["/home/node/.n8n", "/root/.n8n"],
    pointers: /^DB_(TYPE|POSTGRESDB_HOST)$/i,
    point: "DB_TYPE=postgresdb and DB_POSTGRESDB_HOST",
    see: "https://github.com/n8n-io/n8n/blob/HEAD/docker/images/n8n/README.md",
  },
  {
    product: "Gitea",
    keeps: "a SQLite file and the repositories",
    image: /(^|\/)(gitea|forgejo)$/,
    programs: /^(gitea|forgejo|web|s6-svscan)$/,
    dataDirs: ["/data", "/var/lib/gitea"],
    // Even with a database elsewhere the repositories stay in the directory.
    pointers: /^$/,
    see: "https://github.com/go-gitea/gitea/blob/HEAD/Dockerfile",
  },
  {
    product: "Uptime Kuma",
    keeps: "a SQLite file",
    image: /(^|\/)uptime-kuma$/,
    programs: /^(node|server)$/,
    dataDirs: ["/app/data"],
    pointers: /^(UPTIME_KUMA_)?DB_(HOST|HOSTNAME)$/i,
    point: "UPTIME_KUMA_DB_TYPE=mariadb and UPTIME_KUMA_DB_HOSTNAME",
    see: "https://github.com/louislam/uptime-kuma/blob/HEAD/compose.yaml",
  },
  ...homeApps,
  ...houseApps,
  ...netApps,
  ...playApps,
  ...mediaApps,
  ...workApps,
  ...talkApps,
  ...watchApps,
  ...backupApps,
  ...aiApps,
  // Last: whole families of images, of which some have a row of their own above.
  ...families,
];
