import type { StorageOutputs } from "../../nodes/storage-outputs";
import type { NodeName } from "../../topology";
import { homelabCommand, type CommandResult } from "./command";
import { lab, onNode } from "./lab";
import { byHand, psql, untilSaid } from "./services";
import { ChangedConfig, up, well } from "./stack";
import { writer, type Writer } from "./writer";

/** storage's PostgreSQL and its standby on the lab: on, off, promoted; as a person does it. */
const address = { storage: "10.77.0.11", desktop: "10.77.0.12" } as const;

/** `homelab promote` or `rejoin`, confirmed. */
export const pairCommand = (command: "promote" | "rejoin", ...args: string[]): CommandResult =>
  homelabCommand(command, ["--yes", ...args], 280);

const configs = { storage: new ChangedConfig("storage"), desktop: new ChangedConfig("desktop") };

/** Switches the standby on, or over between synchronous and not. */
export function replicaOn(synchronous: boolean): void {
  const replica = { enabled: true, synchronous };
  well(up("storage", ...configs.storage.with([[["homelab:postgres", "replica"], replica]])));
  const desktop = { enabled: true, sharedBuffers: "128MB", maxWalSize: "512MB", minWalSize: "128MB" };
  well(up("desktop", ...configs.desktop.with([[["homelab:replica"], desktop]])));
}

/** Storage's settings while the standby is on. */
export const storageWithReplica = (synchronous: boolean): string[] =>
  configs.storage.with([[["homelab:postgres", "replica"], { enabled: true, synchronous }]]);

/** Whatever a test left behind: storage's is the primary. Nothing is done when it is already. */
export function storagePrimary(): void {
  for (const node of ["storage", "desktop"]) lab("node", "start", node);
  const leads = () => {
    try {
      return byHand("postgres", "SELECT NOT pg_is_in_recovery()") === "t";
    } catch {
      return false;
    }
  };
  const ways = [
    () => undefined,
    () => pairCommand("promote", "--switch-over", "storage"),
    () => {
      pairCommand("rejoin", "storage");
      pairCommand("promote", "--switch-over", "storage");
    },
    () => pairCommand("promote", "--force-after-fencing", "storage"),
  ];
  for (const way of ways) {
    way();
    if (leads()) return;
  }
}

/** The lab as it was: no standby, and nothing left of it on either machine. */
export function replicaOff(): void {
  well(up("desktop"));
  well(up("storage"));
  onNode("desktop", "rm -rf /srv/homelab/postgres /var/lib/homelab/keeps/postgres.service");
  onNode("storage", "rm -rf /srv/homelab/postgres/pair /srv/homelab/postgres/18/docker.before-*");
  for (const config of Object.values(configs)) config.remove();
}

/** The same role and database on one of the two. */
export function at(dsn: string, node: keyof typeof address): string {
  const url = new URL(dsn);
  url.hostname = address[node];
  return url.href;
}

/** Waits until a server answers a query with what is expected; a minute at most. @returns seconds */
export const until = (node: NodeName, dsn: string, sql: string, wanted: string): number =>
  untilSaid(sql, wanted, () => psql(node, dsn, sql));

/** A client on desktop that commits numbers, one after the other, to storage until it is ended or storage is. */
export function committer(dsn: string, table: string, from: number, limit?: number): Writer {
  const { hostname, username, pathname, password } = new URL(dsn);
  const insert = `echo "INSERT INTO ${table} VALUES ($i) RETURNING n;"`;
  const loop = `for ((i = ${from}; ; i++)); do ${insert}; done`;
  const client = `psql -XqAt -v ON_ERROR_STOP=1 -h ${hostname} -U ${username} -d ${pathname.slice(1)}`;
  return writer(`IFS= read -r PGPASSWORD; export PGPASSWORD; ${loop} | ${client}`, `${password}\n`, limit);
}

export const failoverDsn = (storage: StorageOutputs, role: string, database: string): string => {
  const found = storage.failoverDsns?.[role]?.[database];
  if (found === undefined) throw new Error(`storage hands out no connection with both hosts for ${role}.`);
  return found;
};

export const seconds = (n: number) => new Promise((resolve) => setTimeout(resolve, 1000 * n));
