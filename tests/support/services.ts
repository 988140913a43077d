import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NodeName } from "../../topology";
import { beginOnNode, onNode } from "./lab";
import type { StorageOutputs } from "../../nodes/storage-outputs";

/** PostgreSQL and MinIO, used as consumers use them: from another machine, with what storage hands out. */

/**
 * Runs SQL on a node by psql; the password goes by standard input.
 * @returns unaligned rows, a line each.
 * @throws with psql's message.
 */
export function psql(node: NodeName, dsn: string, sql: string): string {
  const { command, password } = psqlCommand(dsn);
  return onNode(node, command, `${password}\n${sql}\n`).trim();
}

function psqlCommand(dsn: string): { command: string; password: string } {
  const at = new URL(dsn);
  const where = `-h ${at.hostname} -p ${at.port} -U ${at.username} -d ${at.pathname.slice(1)}`;
  return {
    command: `IFS= read -r PGPASSWORD; export PGPASSWORD PGCONNECT_TIMEOUT=8; exec psql -XqAt -v ON_ERROR_STOP=1 ${where}`,
    password: at.password,
  };
}

/** A session that stays open after its SQL, until it is ended. */
export function session(node: NodeName, dsn: string, sql: string): ChildProcess {
  const { command, password } = psqlCommand(dsn);
  const client = beginOnNode(node, command);
  client.stdin.write(`${password}\n${sql}\n`);
  return client;
}

/** What psql says of SQL that is refused; fails when it is not refused. */
export function psqlRefusal(node: NodeName, dsn: string, sql: string): string {
  try {
    psql(node, dsn, sql);
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr ?? error);
  }
  throw new Error(`PostgreSQL allowed ${sql}`);
}

/** As the superuser, on the machine itself: somebody who changes things by hand. */
export const byHand = (database: string, sql: string): string =>
  onNode(
    "storage",
    `podman exec -i --user postgres postgres psql -XqAt -v ON_ERROR_STOP=1 -d ${database}`,
    sql,
  ).trim();

/** Waits until a query is answered with what is expected. @param limit seconds @returns seconds */
export function untilSaid(sql: string, wanted: string, ask: () => string, limit = 60): number {
  const began = Date.now();
  let said = "nothing";
  while (Date.now() - began < 1000 * limit) {
    try {
      said = ask();
    } catch (error) {
      said = String(error);
    }
    if (said === wanted) return (Date.now() - began) / 1000;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  throw new Error(`${sql} did not become ${wanted} within ${limit} s, but is ${said}`);
}

/** The same as the superuser, of storage's server. */
export const untilByHand = (sql: string, wanted: string, limit?: number): number =>
  untilSaid(sql, wanted, () => byHand("postgres", sql), limit);

export function dsnOf(storage: StorageOutputs, role: string, database: string): string {
  const found = storage.dsns[role]?.[database];
  if (found === undefined) throw new Error(`storage hands out no connection for ${role} to ${database}.`);
  return found;
}

/** The same role's connection to a database that none is handed out for. */
export function elsewhere(dsn: string, database: string): string {
  const at = new URL(dsn);
  at.pathname = `/${database}`;
  return at.href;
}

export interface S3Answer {
  readonly status: number;
  readonly body: string;
}

/** One request to S3 from desktop, signed for a user. @param path begins with the bucket */
export function s3(
  storage: StorageOutputs,
  user: string,
  method: "GET" | "PUT" | "DELETE" | "HEAD",
  path: string,
  body = "",
  headers: Readonly<Record<string, string>> = {},
): S3Answer {
  const keys = storage.s3[user];
  if (keys === undefined) throw new Error(`storage hands out no keys for ${user}.`);
  const config = [
    `url = "${storage.S3_ENDPOINT}/${path}"`,
    `user = "${keys.accessKey}:${keys.secretKey}"`,
    'aws-sigv4 = "aws:amz:us-east-1:s3"',
    'write-out = "\\n%{http_code}"',
    "silent",
    "max-time = 15",
    ...(method === "HEAD" ? ["head"] : [`request = "${method}"`]),
    ...(method === "PUT" ? [`data-raw = "${body}"`] : []),
    ...Object.entries(headers).map(([name, value]) => `header = "${name}: ${value}"`),
  ];
  const said = onNode("desktop", "curl --config - || true", `${config.join("\n")}\n`);
  const at = said.lastIndexOf("\n");
  return { status: Number(said.slice(at + 1)), body: said.slice(0, at) };
}

/** When a unit of storage was last started, and for a container which one it is: another value is a restart. */
export function incarnation(service: "postgres" | "minio" | "homelab-firewall"): string {
  const entered = `systemctl show -p ActiveEnterTimestampMonotonic --value ${service}.service`;
  const container =
    service === "homelab-firewall"
      ? ""
      : `; podman inspect --format '{{.Id}} {{.State.StartedAt}}' ${service}`;
  return onNode("storage", `${entered}${container}`).trim();
}

/** Waits on the machine until both are there again. */
export function servicesBack(seconds = 60): void {
  const ready = [
    "podman exec --user postgres postgres sh /etc/postgresql/ready.sh 5432 2>/dev/null",
    'curl -sf -o /dev/null "$HEALTH"',
    // A server answers before systemd has done all that belongs to its start.
    'systemctl is-active --quiet postgres && systemctl is-active --quiet "$ENGINE"',
  ].join(" && ");
  // Whichever engine serves S3, as the backup knows it.
  const engine = `${clientScript}
port=$(store_setting MINIO_PORT)
case $(store_setting MINIO_SECRETS) in
  *seaweedfs*) ENGINE=seaweedfs HEALTH=http://127.0.0.1:$port/healthz ;;
  *) ENGINE=minio HEALTH=http://127.0.0.1:$port/minio/health/cluster ;;
esac
export ENGINE HEALTH`;
  onNode("storage", `${engine}\ntimeout ${seconds} sh -c 'until ${ready}; do sleep 0.3; done'`);
}

const clientScript = readFileSync(join(__dirname, "../../lab/store-client.sh"), "utf8");

/** Objects of whichever engine serves S3, by MinIO's client, with the root user's credentials. */
export function storeClient(command: string): string {
  const program = `exec mc --quiet --json ${command}`;
  return onNode(
    "storage",
    "bash -s",
    `${clientScript}\nstore_client <<'PROGRAM'\n${program}\nPROGRAM\n`,
  ).trim();
}

/** Objects of MinIO and its administration, by its own client in the container, with the root user's credentials. */
export function mc(command: string): string {
  const alias =
    'export MC_HOST_root="http://$(cat /run/secrets/homelab-minio-root-user):$(cat /run/secrets/homelab-minio-root-password)@127.0.0.1:9000"';
  return onNode("storage", "podman exec -i minio sh", `${alias}\nexec mc --quiet --json ${command}\n`).trim();
}
