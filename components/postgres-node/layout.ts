/** Names and places on the node that several parts of the component use. */
export const service = "postgres.service";
export const containerName = "postgres";
export const superuserSecret = "homelab-postgres-superuser";

/** Configuration on the node; directories are mounted, because a file replaced below a file mount is not seen. */
export const confDirectory = "/etc/homelab/postgres/conf";
export const initDirectory = "/etc/homelab/postgres/init";

/** Where the container sees them. */
export const mountedConf = "/etc/postgresql";
export const mountedInit = "/docker-entrypoint-initdb.d";

/**
 * The official image keeps its cluster in 18/docker below this. A mount at …/data instead works until the container
 * is recreated; then all data is gone without a word.
 * @see https://github.com/docker-library/postgres/pull/1259
 */
export const mountedData = "/var/lib/postgresql";

/** Where the cluster is below that. */
export const clusterBelow = "18/docker";

/** The password of the role by which one server asks and follows the other. */
export const replicationSecret = "homelab-postgres-replication";

/**
 * The server in the place of the image's: the official entrypoint leaves the superuser's password, which it needs at the
 * first start, in the environment of everything that it starts. Ours also gives it a certificate.
 */
export const serverProgram = `${confDirectory}/bin/postgres`;
/** Search path in the container: the official image's, with {@link serverProgram} first. */
export const searchPath = [
  `${mountedConf}/bin`,
  ...["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"],
  "/usr/lib/postgresql/18/bin",
].join(":");

/** A command inside the running container, as the database's system user. */
export function inContainer(...argv: string[]): string[] {
  return ["/usr/bin/podman", "exec", "--user", "postgres", containerName, ...argv];
}
