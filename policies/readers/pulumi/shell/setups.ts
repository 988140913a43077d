/** What a command sets up on a machine that keeps data and is neither a container nor a cluster's object. */
import { isPlumbing } from "../../../engine/paths";
import type { Statement } from "./statement";
import { nameOf } from "./wrappers";

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
  /^(apt|apt-get|aptitude|nala|dnf|dnf5|microdnf|yum|tdnf|zypper|apk|pacman|yay|paru|snap|flatpak|brew|rpm|dpkg|nix-env|nix|opkg|xbps-install|emerge|eopkg|pkg|equo)$/;

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
export function setUpBy(one: Statement): string | undefined {
  const { words, text } = one;
  const program = nameOf(one);
  const args = words.slice(1);
  if (packageTools.test(program)) return installed(one);
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
  if (program === "mount") return mounted(args);
  if (program === "dd")
    return disksIn(
      args.map((word) => word.replace(/^of=/, "")),
      args.some((word) => word.startsWith("of=")),
    );
  if (/^(parted|sfdisk|fdisk|cfdisk|sgdisk|gdisk|wipefs|blkdiscard|mkntfs)$/.test(program)) {
    return args.some((word) => /^(-l|--list|print|-p|--dump|-d)$/.test(word))
      ? undefined
      : "it makes a place for data on a disk of the node";
  }
  if (/^(sqlite3?|duckdb|litecli)$/.test(program)) return opened(args);
  if (/^(borg|restic|kopia)$/.test(program) && args.some((word) => /^(init|rcreate|create)$/.test(word)))
    return undefined;
  if (program === "minio" && args[0] === "server") return "it starts MinIO there";
  if (
    runners.some(([pattern]) => pattern.test(program)) &&
    !args.some((word) => /^(--version|-V|--help)$/.test(word))
  ) {
    return `it starts ${productOf(program) ?? program} there`;
  }
  return metadataOf(program, args, text);
}

/** The packages that a command installs; undefined where the program is no installer of packages. */
export function packagesIn(one: Statement): readonly NamedWord[] | undefined {
  const program = nameOf(one);
  if (!packageTools.test(program)) return undefined;
  const args = wordsOf(one);
  const verb = args.find(({ name }) => !name.startsWith("-"))?.name ?? "";
  const isShort = /^(pacman|rpm|dpkg)$/.test(program);
  const installs = isShort
    ? args.some(({ name }) => /^-(S(?![siclug]*[silcg])\w*|U\w*|i\w*|-install|-upgrade|F\w*)$/.test(name))
    : /^(install|add|reinstall|localinstall|groupinstall|get|in|build-dep|-i|-iA|module|swap|tap)$/.test(
        verb,
      );
  if (!installs) return [];
  return args.flatMap(({ name, isOpen }, at) => {
    const before = args[at - 1]?.name ?? "";
    if (name === verb || name.startsWith("-") || takesValue.test(before))
      return isOpen && !isShort ? [{ name, isOpen }] : [];
    const base = name
      .replace(/^.*\//, "")
      .replace(/\.(deb|rpm|apk|pkg\.tar\.\w+)$/, "")
      .replace(/[=:<>~].*$/, "")
      .replace(/_[\d.].*$/, "");
    return base === "" ? [] : [{ name: base, isOpen }];
  });
}

const takesValue =
  /^(-o|-t|-c|-a|--option|--target-release|--default-release|--repo|--enablerepo|--disablerepo|--repository|-X|--virtual|--root|--channel)$/;

interface NamedWord {
  readonly name: string;
  readonly isOpen: boolean;
}

function wordsOf(one: Statement): readonly NamedWord[] {
  return one.words.slice(1).map((name, at) => ({ name, isOpen: one.open.has(at + 1) }));
}

function installed(one: Statement): string | undefined {
  const product = packagesIn(one)
    ?.map(({ name }) => productOf(name))
    .find((found) => found !== undefined);
  return product === undefined ? undefined : `it installs ${product}, which keeps its data on the node`;
}

const starting =
  /^(start|restart|enable|reenable|add|try-restart|reload-or-restart|try-reload-or-restart|isolate|link|revert)$/;

/** The units that a command starts. */
export function unitsIn(one: Statement): readonly NamedWord[] {
  const args = wordsOf(one);
  if (!args.some(({ name }) => starting.test(name))) return [];
  return args.filter(
    ({ name }, at) =>
      !name.startsWith("-") &&
      !starting.test(name) &&
      !/^(-M|-H|-t|-p|-n|-o|--root|--machine|--host|--type|--property|--job-mode)$/.test(
        args[at - 1]?.name ?? "",
      ) &&
      !(nameOf(one) === "rc-update" && /^(default|boot|sysinit)$/.test(name)),
  );
}

function started(args: readonly string[]): string | undefined {
  if (!args.some((word) => /^(start|restart|enable|reenable|add|try-restart)$/.test(word))) return undefined;
  const product = args.map(productOf).find((found) => found !== undefined);
  return product === undefined ? undefined : `it starts ${product}, which keeps its data on the node`;
}

/** Services that keep their metadata in a local file unless they are told of a database. */
function metadataOf(program: string, args: readonly string[], text: string): string | undefined {
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

const networkMount =
  /^(nfs4?|cifs|smb3?|smbfs|ceph|glusterfs|fuse\.\S+|sshfs|9p|virtiofs|tmpfs|ramfs|proc|sysfs|devtmpfs|devpts|cgroup2?|overlay|bpf|debugfs|tracefs|securityfs|configfs|hugetlbfs|mqueue|efivarfs|iso9660|squashfs)$/;

/** A disk of the node that is mounted to be written. */
function mounted(args: readonly string[]): string | undefined {
  const at = args.findIndex((word) => /^(-t|--types)$/.test(word));
  if (at >= 0 && (args[at + 1] ?? "").split(",").every((type) => networkMount.test(type))) return undefined;
  const options = args.flatMap((word, index) =>
    /^(-o|--options)$/.test(args[index - 1] ?? "") ? word.split(",") : [],
  );
  if (
    options.some((one) => /^(ro|remount|bind|rbind|loop)$/.test(one)) ||
    args.some((word) => /^(-r|--read-only|--bind|--rbind|-B|-R|--make-\w+|-a|--all|-l)$/.test(word))
  )
    return undefined;
  const disk = args.find((word) => isDisk(word) || /^(UUID|LABEL|PARTUUID|PARTLABEL)=|^(-U|-L)$/.test(word));
  return disk === undefined ? undefined : `it mounts a disk of the node (${disk}) as a place for data`;
}

function isDisk(path: string): boolean {
  return path.startsWith("/dev/") && !isPlumbing(path);
}

function disksIn(paths: readonly string[], writes: boolean): string | undefined {
  const disk = writes ? paths.find(isDisk) : undefined;
  return disk === undefined ? undefined : `it writes to the node's disk ${disk}`;
}

function opened(args: readonly string[]): string | undefined {
  const file = args.find((word) => !word.startsWith("-"));
  if (
    file === undefined ||
    file === ":memory:" ||
    args.some((word) => /^-{1,2}(readonly|version|help)$/.test(word))
  )
    return undefined;
  return `it keeps a database in the file ${file}`;
}
