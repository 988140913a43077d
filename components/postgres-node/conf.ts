import type { Node } from "../../topology";
import { restartParameters, type PostgresSettings, type serverSizes } from "../../services";
import { mountedConf } from "./layout";
import { replicationParameters, type Replication } from "./replication";

/** One line of the configuration, and why it is there. */
export interface Parameter {
  readonly name: string;
  readonly value: string | number | boolean;
  readonly reason: string;
}

/** What a server is configured by. */
export type ServerSettings = Pick<
  PostgresSettings,
  "port" | "maxConnections" | "search" | "settings" | ServerSize
> & {
  readonly replica: Pick<PostgresSettings["replica"], "slotLimit">;
};
type ServerSize = Exclude<keyof typeof serverSizes, "shmSize">;

/** An address in the mesh is there once tailscaled is, which the server must not wait for, nor be started again for. */
export const listenOn = ({ address, mesh }: Pick<Node, "address" | "mesh">): string =>
  mesh === undefined ? address : "*";

/**
 * Every parameter that the server is started with, each with its reason. `settings.settings` comes last and wins.
 * @param address the node's address; the server listens there and on the loopback; `*`: everywhere ({@link listenOn}).
 * @param pair the server that follows this one, or is followed. @default none
 * @see https://www.postgresql.org/docs/18/runtime-config.html
 */
export function parameters(settings: ServerSettings, address: string, pair?: Replication): Parameter[] {
  const chosen: [name: string, value: Parameter["value"], reason: string][] = [
    address === "*"
      ? [
          "listen_addresses",
          "*",
          "the mesh's address comes and goes; firewall and pg_hba.conf name who may connect",
        ]
      : ["listen_addresses", `127.0.0.1,${address}`, "the topology's address and the loopback, nothing else"],
    ["port", settings.port, "homelab:postgres.port"],
    ["hba_file", `${mountedConf}/pg_hba.conf`, "access is decided by the program, not in the data directory"],
    ["max_connections", settings.maxConnections, "each may use work_mem several times"],
    ["superuser_reserved_connections", 3, "the program and the operator get in when all others are taken"],
    // A machine that lost its power says no goodbye: for hours its sessions would keep their locks and their places.
    ["tcp_keepalives_idle", "30s", "a client that is silent for so long is asked whether it is still there"],
    ["tcp_keepalives_interval", "10s", "and again after so long"],
    ["tcp_keepalives_count", 3, "and given up after so many questions: its session ends, its locks are free"],
    ["tcp_user_timeout", "60s", "the same when it was being answered as it vanished"],
    ["client_connection_check_interval", "10s", "a statement that runs for nobody any more ends, too"],
    ["password_encryption", "scram-sha-256", "passwords are stored as verifiers only"],
    ["allow_alter_system", false, "settings come from the program; a second place would hide what counts"],

    [
      "shared_buffers",
      settings.sharedBuffers,
      "modest, because the node has more to do than this; the page cache does the rest",
    ],
    [
      "effective_cache_size",
      settings.effectiveCacheSize,
      "what the page cache is likely to hold; reserves nothing",
    ],
    ["work_mem", settings.workMem, "sorts and hashes of analytic queries stay in memory at few connections"],
    [
      "maintenance_work_mem",
      settings.maintenanceWorkMem,
      "an HNSW index is built in memory or many times slower",
    ],
    ["huge_pages", "try", "used where the node has set some aside"],
    ["shared_preload_libraries", "pg_stat_statements", "what takes the time can be asked"],
    ["pg_stat_statements.track_utility", false, "utility statements may hold a role's verifier"],

    ["random_page_cost", 1.1, "an SSD reads at random nearly as fast as in order"],
    ["effective_io_concurrency", 64, "an SSD answers many requests at once"],
    ["maintenance_io_concurrency", 64, "the same for vacuum"],
    ["io_method", "worker", "works in every container; io_uring is often barred there"],
    ["jit", true, "compiles expensive expressions; the image carries LLVM"],

    ["wal_level", "replica", "base backups and WAL archiving need it"],
    ["max_wal_size", settings.maxWalSize, "a bulk load does not force a checkpoint every few seconds"],
    ["min_wal_size", settings.minWalSize, "WAL files are used again instead of made anew"],
    ["wal_compression", "lz4", "full pages after a checkpoint shrink at little cost"],
    ["checkpoint_timeout", "15min", "fewer full pages in WAL; recovery still takes well under a minute"],
    ["checkpoint_completion_target", 0.9, "writes of a checkpoint are spread over its time"],
    ["summarize_wal", true, "incremental base backups need it"],

    ["hnsw.ef_search", settings.search.efSearch, "homelab:postgres.search.efSearch"],
    ["hnsw.iterative_scan", settings.search.iterativeScan, "a filter does not leave a search with too few"],

    [
      "max_slot_wal_keep_size",
      settings.replica.slotLimit,
      "a backup or a standby that is away, or was forgotten, cannot fill the disk: it begins anew instead",
    ],
    ...(pair === undefined ? [] : replicationParameters(pair)),

    ["autovacuum_vacuum_cost_limit", 1000, "the default is for spinning disks"],
    ["idle_in_transaction_session_timeout", "10min", "a forgotten transaction would stop vacuum everywhere"],

    ["logging_collector", false, "standard error goes to the journal"],
    ["log_line_prefix", "%q%u@%d %a: ", "the journal has time and process already"],
    ["log_min_duration_statement", "1s", "slow statements are worth a line"],
    ["log_parameter_max_length", 0, "values bound to statements may be private"],
    ["log_parameter_max_length_on_error", 0, "the same"],
    ["log_statement", "none", "statements may hold secrets"],
    ["log_checkpoints", true, "shows whether max_wal_size is large enough"],
    ["log_lock_waits", true, "who waits for whom"],
    ["log_temp_files", "64MB", "shows where work_mem is too small"],
    ["log_autovacuum_min_duration", "10s", "shows tables that vacuum cannot keep up with"],
    ["log_timezone", "UTC", "one clock for all nodes"],
    ["timezone", "UTC", "the same for values"],
    ["track_io_timing", true, "tells disk time from computing time; cheap with today's clocks"],
  ];
  const all = new Map(chosen.map(([name, value, reason]) => [name, { name, value, reason }]));
  for (const [name, value] of Object.entries(settings.settings)) {
    all.set(name, { name, value, reason: "homelab:postgres.settings" });
  }
  return [...all.values()];
}

/** The server's configuration as two files, so that only what needs a restart asks for one. */
export interface Configuration {
  /** Parameters that count from the start of the server; includes the other file. */
  readonly restart: string;
  /** Parameters that a reload brings in. */
  readonly reload: string;
}

export function configuration(settings: ServerSettings, address: string, pair?: Replication): Configuration {
  const all = parameters(settings, address, pair);
  const head = "# Written by Pulumi: changes made here are put back.\n";
  const text = (wanted: (parameter: Parameter) => boolean) => all.filter(wanted).map(line).join("");
  return {
    restart: `${head}# A change here restarts the server.\n\n${text(needsRestart)}\ninclude 'reload.conf'\n`,
    reload: `${head}# A change here reloads the server.\n\n${text((parameter) => !needsRestart(parameter))}`,
  };
}

function needsRestart({ name }: Parameter): boolean {
  return restartParameters.has(name);
}

function line({ name, value, reason }: Parameter): string {
  return `# ${reason}\n${name} = ${quoted(value)}\n`;
}

/** Numbers stand as they are; a text is quoted, with quotes and backslashes doubled. */
function quoted(value: Parameter["value"]): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return String(value);
  if (/[\r\n\0]/.test(value)) throw new Error("A PostgreSQL parameter cannot hold a line break.");
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
