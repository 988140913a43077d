/** What a command sets up on a machine that keeps data and is neither a container nor a cluster's object. */
import type { Statement } from "./statements";

/** Products by the beginning of the names of their packages and services. */
const products: readonly (readonly [RegExp, string])[] = [
  [/^postgresql(-\d+(\.\d+)?)?(-server|-contrib)?$|^postgresql\d*-server$|^postgresql(@.*)?$/, "PostgreSQL"],
  [/^(default-)?mysql(-community)?-server|^mysqld?$|^mysql\d*$/, "MySQL"],
  [/^mariadb(-server.*)?$|^mariadbd$/, "MariaDB"],
  [/^mongodb?(-org|-server|-org-server)?$|^mongod$/, "MongoDB"],
  [/^redis(-server)?\d*(@.*)?$|^redis-stack-server$/, "Redis"],
  [/^valkey(-server)?$/, "Valkey"],
  [/^minio$/, "MinIO"],
  [/^rabbitmq-server$/, "RabbitMQ"],
  [/^(elasticsearch|opensearch)$/, "$&"],
  [/^(kafka|zookeeperd?)$/, "$&"],
  [/^etcd(-server)?$/, "etcd"],
  [/^influxdb2?$/, "InfluxDB"],
  [/^clickhouse-server$/, "ClickHouse"],
  [/^cassandra$/, "Cassandra"],
  [/^(couchdb|neo4j|qdrant|meilisearch|typesense-server)$/, "$&"],
  [/^nats-server$/, "NATS"],
  [/^prometheus2?$/, "Prometheus"],
  [/^grafana(-server|-enterprise)?$/, "Grafana"],
  [/^(victoria-metrics|victoriametrics|loki|tempo|mimir)$/, "$&"],
  [/^(gitea|forgejo|vaultwarden)$/, "$&"],
];

function productOf(word: string): string | undefined {
  const name = word
    .replace(/\.service$/, "")
    .replace(/[=:].*$/, "")
    .replace(/^.*\//, "")
    .toLowerCase();
  const found = products.find(([pattern]) => pattern.test(name));
  return found === undefined ? undefined : found[1].replace("$&", name);
}

const packageTools =
  /^(apt|apt-get|aptitude|dnf|yum|zypper|apk|pacman|snap|brew|rpm|dpkg|nix-env|pip3?|pipx|uv)$/;

const initialisers: readonly (readonly [RegExp, string])[] = [
  [/^(initdb|pg_createcluster|pg_ctlcluster|postgresql(-\d+)?-setup)$/, "a PostgreSQL cluster"],
  [/^(mysql_install_db|mariadb-install-db)$/, "a MariaDB data directory"],
  [/^mkfs(\..+)?$|^mke2fs$/, "a file system"],
  [/^(pvcreate|vgcreate|lvcreate)$/, "a volume of LVM"],
];

const runners: readonly (readonly [RegExp, string])[] = [
  [
    /^(postgres|mysqld|mariadbd|mongod|redis-server|valkey-server|rabbitmq-server|clickhouse-server|influxd|qdrant|etcd)$/,
    "",
  ],
  [/^(pg_ctl)$/, ""],
];

/** What a command sets up, as a clause such as "it installs PostgreSQL"; undefined where nothing is known. */
export function setUpBy({ words, text }: Statement): string | undefined {
  const program = (words[0] ?? "").replace(/^.*\//, "");
  const args = words.slice(1);
  if (packageTools.test(program)) return installed(program, args);
  if (/^(systemctl|service|rc-service|rc-update)$/.test(program)) return started(args);
  const made = initialisers.find(([pattern]) => pattern.test(program));
  if (made !== undefined) return `it makes ${made[1]} there`;
  if (program === "zpool" && args[0] === "create") return "it makes a ZFS pool there";
  if (program === "mdadm" && args.some((word) => word === "--create" || word === "-C"))
    return "it makes a RAID there";
  if (program === "cryptsetup" && args.includes("luksFormat")) return "it makes an encrypted disk there";
  if (program === "btrfs" && args[0] === "subvolume" && args[1] === "create")
    return "it makes a btrfs subvolume there";
  if (program === "mysqld" && args.some((word) => word.startsWith("--initialize")))
    return "it makes a MySQL data directory there";
  if (program === "minio" && args[0] === "server") return "it starts MinIO there";
  if (
    runners.some(([pattern]) => pattern.test(program)) &&
    !args.some((word) => /^(--version|-V|--help)$/.test(word))
  ) {
    return `it starts ${productOf(program) ?? program} there`;
  }
  return booksOf(program, args, text);
}

function installed(program: string, args: readonly string[]): string | undefined {
  const verb = args.find((word) => !word.startsWith("-")) ?? "";
  const installs =
    /^(install|add|reinstall|tool|full-upgrade)$/.test(verb) ||
    (program === "pacman" && args.some((word) => word.startsWith("-S"))) ||
    /^(rpm|dpkg|nix-env)$/.test(program);
  if (!installs || /^(pip3?|pipx|uv)$/.test(program)) return undefined;
  const product = args.map(productOf).find((found) => found !== undefined);
  return product === undefined ? undefined : `it installs ${product}, which keeps its data on the node`;
}

function started(args: readonly string[]): string | undefined {
  if (!args.some((word) => /^(start|restart|enable|reenable|add|try-restart)$/.test(word))) return undefined;
  const product = args.map(productOf).find((found) => found !== undefined);
  return product === undefined ? undefined : `it starts ${product}, which keeps its data on the node`;
}

/** Services that keep their books in a local file unless they are told of a database. */
function booksOf(program: string, args: readonly string[], text: string): string | undefined {
  const told = /(postgres(ql)?|mysql)(\+\w+)?:\/\/(?!localhost|127\.)/.test(text);
  if (told) return undefined;
  if (program === "mlflow" && (args[0] === "server" || args[0] === "ui"))
    return "it starts MLflow without a database off the node";
  if (/^dagster(-webserver|-daemon)?$/.test(program) && args[0] !== "job") {
    return program !== "dagster" || args[0] === "dev"
      ? "it starts Dagster without a database off the node"
      : undefined;
  }
  if (program === "prefect" && args[0] === "server" && args[1] === "start") {
    return "it starts Prefect without a database off the node";
  }
  return undefined;
}
