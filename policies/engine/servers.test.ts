import { expect, it } from "vitest";
import { metadataKeeperIn, pointedAt } from "./metadata-keepers";
import type { Container } from "./facts";
import { unknown } from "./facts";
import { imagePath } from "./images";
import { dataPathsOf, starts } from "./programs";
import { serverIn, serverOfImage } from "./servers";
import { metadataKeepers } from "./tables/metadata-keepers";

const container = (image: string, more: Partial<Container> = {}): Container => ({
  name: "c",
  image,
  role: "main",
  env: {},
  envFrom: [],
  ...more,
});

it.each([
  ["docker.io/library/postgres:18", ["library", "postgres"]],
  ["postgres", ["postgres"]],
  ["localhost/a:b", ["a"]],
  ["registry:5000/a/b@sha256:00", ["a", "b"]],
  ["docker://Quay.io/A/B", ["a", "b"]],
  ["acme/redis", ["acme", "redis"]],
])("the path of %s is %j", (image, path) => {
  expect(imagePath(image)).toEqual(path);
});

it("an image that is not known has no path", () => {
  expect(imagePath(unknown("?"))).toEqual([]);
});

it.each([
  ["postgres:18", "PostgreSQL"],
  ["postgis/postgis", "PostgreSQL"],
  ["ghcr.io/immich-app/postgres:17-vectorchord", "PostgreSQL"],
  ["registry.redhat.io/rhel9/postgresql-16", "PostgreSQL"],
  ["bitnami/postgresql-repmgr", "PostgreSQL"],
  ["crunchydata/crunchy-postgres-ha", "PostgreSQL"],
  ["mysql57", "MySQL"],
  ["percona/percona-server", undefined],
  ["percona/percona-server-mongodb:7", "MongoDB"],
  ["redis/redis-stack:latest", "Redis"],
  ["victoriametrics/victoria-metrics", "VictoriaMetrics"],
  ["confluentinc/cp-server", "Kafka"],
  ["acme/orders-mongo", "MongoDB"],
  ["mongo-express", undefined],
  ["acme/postgres-orders", undefined],
  ["acme/flask-redis", undefined],
  ["redis/redisinsight", undefined],
  ["nginx", undefined],
  ["", undefined],
])("%s runs %s", (image, product) => {
  const expected = image === "percona/percona-server" ? "MySQL" : product;
  expect(serverOfImage(imagePath(image))?.product).toBe(expected);
});

it.each<[string, Partial<Container>, boolean]>([
  ["nothing stated", {}, true],
  ["options", { args: ["-c", "x=1"] }, true],
  ["an empty argument", { args: [""] }, true],
  ["the server", { args: ["postgres", "-c", "x=1"] }, true],
  ["a path to it", { entrypoint: ["/usr/lib/postgresql/18/bin/postgres"] }, true],
  ["an entrypoint script", { entrypoint: ["/opt/entry.sh"], args: ["x"] }, true],
  ["a variable", { entrypoint: ["$(CMD)"] }, true],
  ["a shell that starts it", { entrypoint: ["bash", "-c", "mkdir x && exec postgres -D x"] }, true],
  ["a shell with another program", { entrypoint: ["bash", "-c", "pg_dump x > postgres.sql"] }, false],
  ["a client", { args: ["psql", "-h", "db"] }, false],
  ["another program", { entrypoint: ["sleep"], args: ["postgres"] }, false],
])("PostgreSQL's image told %s is a server: %s", (_, more, server) => {
  expect(serverIn(container("postgres:18", more)) !== undefined).toBe(server);
  expect(starts(container("x", more), /^postgres$/)).toBe(server);
});

it.each(["init", "debug"] as const)("a %s container is no server and keeps no metadata", (role) => {
  expect(serverIn(container("postgres:18", { role }))).toBeUndefined();
  expect(metadataKeeperIn(container("grafana/grafana", { role }))).toBeUndefined();
});

it("a sidecar may be one", () => {
  expect(serverIn(container("redis:8", { role: "sidecar" }))?.product).toBe("Redis");
});

it.each<[string, Partial<Container>, string | undefined]>([
  ["grafana/grafana:12", {}, "Grafana"],
  ["grafana/grafana-image-renderer", {}, undefined],
  ["grafana/grafana", { args: ["cli", "plugins", "ls"] }, undefined],
  ["mlflow/mlflow", {}, "MLflow"],
  ["mlflow/mlflow", { args: ["--host", "0.0.0.0"] }, "MLflow"],
  ["mlflow/mlflow", { args: ["mlflow", "models", "serve"] }, undefined],
  ["acme/x", { entrypoint: ["sh", "-c", "pip list; mlflow server"] }, "MLflow"],
  ["prefecthq/prefect:3", {}, undefined],
  ["prefecthq/prefect:3", { args: ["prefect", "server", "start"] }, "Prefect"],
  ["prefecthq/prefect:3", { args: ["prefect", "worker", "start"] }, undefined],
  ["dagster/dagster-k8s", {}, "Dagster"],
  ["dagster/dagster-k8s", { args: ["dagster", "api", "grpc"] }, undefined],
  ["acme/x", { args: ["/bin/dagster-webserver"] }, "Dagster"],
  ["acme/x", {}, undefined],
  ["acme/x", { args: ["mlflow", "run", "."] }, undefined],
  ["acme/x", { entrypoint: ["mlflow"], args: ["ui"] }, "MLflow"],
  ["mlflow/mlflow", { entrypoint: ["-x"] }, "MLflow"],
  ["dagster/dagster-k8s", { args: ["-x"] }, undefined],
  ["prefecthq/prefect:3", { args: ["-x"] }, undefined],
  ["metabase/metabase", {}, "Metabase"],
  ["metabase/metabase", { args: ["psql"] }, undefined],
  ["ghcr.io/hotio/unpackerr", {}, undefined],
  ["ghcr.io/hotio/sabnzbd", {}, "SABnzbd"],
  ["ghcr.io/hotio/doplarr", {}, "an application of hotio"],
  ["binhex/arch-qbittorrentvpn:latest", {}, "an application of binhex"],
  ["binhex/arch-base", {}, undefined],
  ["lscr.io/linuxserver/heimdall", {}, "an application of LinuxServer.io"],
  ["rustdesk/rustdesk-server", { args: ["hbbs", "-k", "_"] }, "RustDesk"],
  ["ghcr.io/music-assistant/server:stable", {}, "Music Assistant"],
  ["teamspeak:3.13", {}, "TeamSpeak"],
  ["acme/teamspeak", {}, undefined],
])("%s told %j keeps the metadata of %s", (image, more, product) => {
  expect(metadataKeeperIn(container(image, more))?.product).toBe(product);
});

it.each<[Container["env"], string[], readonly string[], boolean]>([
  [{}, [], [], false],
  [{ GF_DATABASE_URL: "postgres://u@db/grafana" }, [], [], true],
  [{ GF_DATABASE_URL: { kind: "reference", to: "secretKeyRef" } }, [], [], true],
  [{ GF_DATABASE_URL: "" }, [], [], false],
  [{ GF_DATABASE_TYPE: "sqlite3" }, [], [], false],
  [{ GF_DATABASE_TYPE: "postgres", GF_DATABASE_HOST: "127.0.0.1:5432" }, [], [], false],
  [{ GF_DATABASE_URL: "postgres://u:p@localhost/grafana" }, [], [], false],
  [{ GF_DATABASE_USER: "u" }, [], [], false],
  [{}, [], ["[database]\ntype = postgres\n"], true],
  [{}, [], ["[database]\n;type = postgres\n"], false],
  [{}, [], ["# postgres://u@db/x"], false],
  [{}, [], ["  # postgres://u@db/x"], false],
  [{}, [], ["a = 1 # postgres://u@db/x"], true],
  [{}, [], ["url: postgres://localhost/x"], false],
  [{}, [], ["url: postgresql+psycopg2://db/x"], true],
  [{}, [], ["mysql : {}"], true],
  [{}, [], ["x_postgres: {}"], false],
  [{}, [], ["type: 'mysql'"], true],
  [{}, [], ["subtype = mysql"], false],
  [{ GF_DATABASE_TYPE: "h2" }, [], ["type = postgres"], false],
  [{ GF_DATABASE_URL: " ./grafana.db" }, [], [], false],
  [{ GF_DATABASE_URL: "postgres://db/sqlite-archive" }, [], [], true],
  [{ GF_DATABASE_HOST: "localhost:5432" }, [], [], false],
  [{ GF_DATABASE_URL: "mysql://u:p@[::1]/x" }, [], [], false],
  [{ GF_DATABASE_TYPE: "postgres", GF_DATABASE_HOST: "db:5432" }, [], [], true],
  [{}, [], ["storage:\n  postgres:\n    postgres_db: {}\n"], true],
  [{}, [], ["url: mysql://u@db/x"], true],
  [{}, [], ["module: dagster_postgres.run_storage"], true],
])("Grafana with %j, %j and %j is pointed at a database: %s", (env, args, texts, pointed) => {
  const grafana = container("grafana/grafana", { env, args });
  const keeper = metadataKeeperIn(container("grafana/grafana"));
  expect(keeper && pointedAt(keeper, grafana, env, texts, () => false).kind === "off the node").toBe(pointed);
});

it.each([
  ["quay.io/keycloak/keycloak", { KC_DB: "postgres", KC_DB_URL_HOST: "storage" }, true],
  ["quay.io/keycloak/keycloak", { KC_DB: "dev-file" }, false],
  ["quay.io/keycloak/keycloak", { KC_DB: "dev-mem" }, false],
  ["rundeck/rundeck", { RUNDECK_DATABASE_URL: "jdbc:h2:file:/home/rundeck/server/data/grailsdb" }, false],
  ["rundeck/rundeck", { RUNDECK_DATABASE_URL: "jdbc:h2:tcp://storage:9092/rundeck" }, true],
  ["rundeck/rundeck", { RUNDECK_DATABASE_URL: "jdbc:postgresql://storage/rundeck" }, true],
  ["wallabag/wallabag", { SYMFONY__ENV__DATABASE_DRIVER: "pdo_sqlite" }, false],
  [
    "wallabag/wallabag",
    { SYMFONY__ENV__DATABASE_DRIVER: "pdo_pgsql", SYMFONY__ENV__DATABASE_HOST: "db" },
    true,
  ],
  ["ghcr.io/homarr-labs/homarr", { DB_URL: "data/db.sqlite" }, false],
  ["ghcr.io/homarr-labs/homarr", { DB_HOST: "storage" }, true],
  ["registry:2", { REGISTRY_STORAGE: "filesystem" }, false],
  ["registry:2", { REGISTRY_STORAGE_S3_BUCKET: "images" }, true],
  ["etherpad/etherpad", { DB_TYPE: "dirty" }, false],
  ["etherpad/etherpad", { DB_TYPE: "postgres", DB_HOST: "storage" }, true],
  ["lscr.io/linuxserver/bazarr", { POSTGRES_ENABLED: "false" }, false],
  ["lscr.io/linuxserver/bazarr", { POSTGRES_ENABLED: "true", POSTGRES_HOST: "storage" }, true],
  ["jc21/nginx-proxy-manager", { DB_ENGINE: "postgres", DB_HOST: "storage" }, true],
  [
    "ghcr.io/autobrr/autobrr",
    { AUTOBRR__DATABASE_TYPE: "postgres", AUTOBRR__POSTGRES_HOST: "storage" },
    true,
  ],
])("%s with %j is pointed at a database: %s", (image, env, pointed) => {
  const one = container(image, { env });
  const keeper = metadataKeeperIn(one);
  expect(keeper && pointedAt(keeper, one, env, [], () => false).kind === "off the node").toBe(pointed);
});

it("every row says where its makers say so, and no image has two rows of its own", () => {
  expect(
    metadataKeepers.filter(({ see }) => !/^https:\/\/\S+$/.test(see ?? "")).map(({ product }) => product),
  ).toEqual([]);
  const patterns = metadataKeepers.map(({ image }) => image.source);
  expect(patterns.filter((pattern, at) => patterns.indexOf(pattern) !== at)).toEqual([]);
});

it.each([
  ["--backend-store-uri postgresql://db/x", true],
  ["--backend-store-uri=mysql://db/x", true],
  ["--backend-store-uri ./mlruns", false],
  ["--backend-store-uri /mlflow.db", false],
  ["--backend-store-uri file:/x", false],
  ["--backend-store-uri", false],
  ["--backend-store-uri=", false],
  ["--backend-store-uri=postgresql://db/x?a=sqlite:", false],
  ["--host db", false],
  ["--artifacts x  --backend-store-uri   postgresql://db/x", true],
])("MLflow told %s is pointed at a database: %s", (args, pointed) => {
  const mlflow = container("mlflow/mlflow", { args: ["mlflow", "server", args] });
  const keeper = metadataKeeperIn(mlflow);
  expect(keeper && pointedAt(keeper, mlflow, {}, [], () => false).kind === "off the node").toBe(pointed);
});

it.each<[Partial<Container>, readonly string[]]>([
  [{ args: ["--datadir=/a"] }, ["/a"]],
  [{ args: ["-D", "/b"] }, ["/b"]],
  [{ entrypoint: ["sh", "-c", "minio server /c"] }, ["/c"]],
  [{ env: { PGDATA: "/d/pg", PGLOGDATA: "/e", TMPDIR: "/f", X: { kind: "reference", to: "y" } } }, ["/d/pg"]],
  [{ args: ["--tmpdir=/tmp", "--data-dir", "relative"] }, []],
  [{ args: ["--data=/a=b"] }, ["/a=b"]],
  [{ args: ["minio  server   /c"] }, ["/c"]],
  [{ args: ["=/x"] }, []],
  [{}, []],
])("a container told %j keeps its data at %j", (more, paths) => {
  expect(dataPathsOf(container("x", more))).toEqual(paths);
});
