import { z } from "zod";
import { isAlwaysOn } from "../topology";
import { dataDirectory, flag, identifier, image, listOf, port, strict } from "./fields";
import { knownExtensions, reloadParameters, restartParameters } from "./postgres-catalog";
import { memoryProblems, ownershipProblems } from "./postgres-checks";
import { size } from "./sizes";
import { service } from "./service";

/** Parameters that the component sets itself; `homelab:postgres` has a key for those that may be chosen. */
const ownKeys: Readonly<Record<string, string>> = {
  shared_buffers: "sharedBuffers",
  effective_cache_size: "effectiveCacheSize",
  work_mem: "workMem",
  maintenance_work_mem: "maintenanceWorkMem",
  max_connections: "maxConnections",
  max_wal_size: "maxWalSize",
  min_wal_size: "minWalSize",
  port: "port",
  "hnsw.ef_search": "search.efSearch",
  "hnsw.iterative_scan": "search.iterativeScan",
  primary_conninfo: "replica.enabled",
  primary_slot_name: "replica.enabled",
  max_slot_wal_keep_size: "replica.slotLimit",
  synchronous_standby_names: "replica.synchronous",
};
const fixed = new Set([
  "listen_addresses",
  "data_directory",
  "config_file",
  "hba_file",
  "ident_file",
  "external_pid_file",
  "unix_socket_directories",
  "password_encryption",
  "logging_collector",
]);

const parameter = z.string().check((ctx) => {
  const name = ctx.value;
  const own = ownKeys[name];
  const wrong =
    own !== undefined
      ? `has a key of its own: set homelab:postgres.${own}`
      : fixed.has(name)
        ? "is set by the program, because access to the server depends on it"
        : !restartParameters.has(name) && !reloadParameters.has(name)
          ? "must be a parameter that PostgreSQL 18 knows, in small letters"
          : undefined;
  if (wrong !== undefined) ctx.issues.push({ code: "custom", message: wrong, input: name });
});

const parameterValue = z.union(
  [z.string().regex(/^[^\r\n\0]*$/, "must be one line"), z.number(), z.boolean()],
  {
    error: "must be a text of one line, a number, true or false",
  },
);

const role = strict({
  /** Above all permissions: for the person who runs the house, not for programs. */
  superuser: z.boolean().default(false),
  createDatabase: z.boolean().default(false),
  createRole: z.boolean().default(false),
  /** Roles whose rights this one has too. */
  memberOf: listOf(identifier).default([]),
  /** Parameters of this role's sessions, e.g. statement_timeout. */
  settings: z.record(parameter, z.string()).default({}),
});

const grant = strict({
  role: identifier,
  schema: identifier.default("public"),
  on: z.enum(["schema", "tables", "sequences"], { error: "must be one of schema, tables, sequences" }),
  privileges: listOf(
    z.enum(["USAGE", "CREATE", "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"], {
      error: "must be a privilege such as USAGE, SELECT, INSERT, UPDATE or DELETE",
    }),
  ).min(1, "must name at least one privilege"),
});

const database = strict({
  owner: identifier,
  extensions: listOf(
    z
      .string()
      .refine(
        (name) => knownExtensions.has(name),
        "must be an extension that the image carries, such as vector",
      ),
  ).default([]),
  /** Roles beside the owner that may connect. */
  connect: listOf(identifier).default([]),
  grants: z.array(grant).default([]),
});

/** Sizes that a server has on its node. Those by default are for 16 GB of memory that it shares with the rest of the node. */
export const serverSizes = {
  sharedBuffers: size.default("2GB"),
  effectiveCacheSize: size.default("6GB"),
  workMem: size.default("64MB"),
  maintenanceWorkMem: size.default("512MB"),
  maxWalSize: size.default("4GB"),
  minWalSize: size.default("1GB"),
  /** /dev/shm of the container, which parallel queries and index builds share. */
  shmSize: size.default("2GB"),
};

/** As whom one server asks and follows the other: it may copy the cluster, and nothing else. */
export const replicationRole = "replicator";

/** `homelab:postgres.replica`: a standby on desktop, which has `homelab:replica`. */
const replica = strict({
  /** Whether desktop may copy this server and follow it. */
  enabled: flag.default(false),
  /** Where desktop's PostgreSQL listens: its `homelab:replica.port`. */
  port: port.default(5432),
  /** WAL that is kept for a standby or a backup that is away; a standby that needs more must be made anew. */
  slotLimit: size.default("16GB"),
  /** A commit is answered once the standby has it on disk too; while the standby is away, none is. */
  synchronous: flag.default(false),
});

/** `homelab:postgres`. The sizes are for 16 GB of memory that PostgreSQL shares with the rest of the node. */
export const postgresSchema = strict({
  /** Image that ours is built on: Debian, with the layout and entry contract of the official one. */
  baseImage: image.default("docker.io/library/postgres:18-trixie"),
  port: port.default(5432),
  /** Holds the cluster; mounted at /var/lib/postgresql. */
  dataDirectory: dataDirectory.default("/srv/homelab/postgres"),
  ...serverSizes,
  maxConnections: z
    .int("must be a whole number")
    .min(10, "must be 10 to 1000")
    .max(1000, "must be 10 to 1000")
    .default(100),
  /** Search by vector indexes; a change is reloaded. @see https://github.com/pgvector/pgvector#query-options */
  search: strict({
    /** How many candidates a search of an HNSW index keeps: more finds more of the nearest, and takes longer. */
    efSearch: z
      .int("must be a whole number")
      .min(1, "must be 1 to 1000")
      .max(1000, "must be 1 to 1000")
      .default(40),
    /** pgvector's hnsw.iterative_scan: keep scanning when a WHERE clause leaves fewer than LIMIT rows. */
    iterativeScan: z
      .enum(["off", "relaxed_order", "strict_order"], {
        error: "must be one of off, relaxed_order, strict_order",
      })
      .default("strict_order"),
  }).prefault({}),
  replica: replica.prefault({}),
  /** Any other parameter, by PostgreSQL's name. */
  settings: z.record(parameter, parameterValue).default({}),
  /** Roles and databases that somebody else made, which are taken over with all that they have. */
  adopt: listOf(identifier).default([]),
  roles: z
    .record(
      identifier.refine(
        (name) => !["postgres", "public", replicationRole].includes(name),
        `must not be postgres, public or ${replicationRole}`,
      ),
      role,
    )
    .prefault({ agent: {}, system: {}, ksh3: { superuser: true } }),
  databases: z
    .record(
      identifier.refine(
        (name) => !["postgres", "template0", "template1"].includes(name),
        "must not be a database of the server's own",
      ),
      database,
    )
    .prefault({
      agent_gateway: { owner: "agent", extensions: ["vector"] },
      dagster: { owner: "system" },
      mlflow: { owner: "system" },
    }),
});

export type PostgresSettings = z.output<typeof postgresSchema>;
export type RoleSettings = z.output<typeof role>;
export type DatabaseSettings = z.output<typeof database>;

export const postgres = service({
  title: "PostgreSQL",
  purpose: "the databases of the house",
  key: "postgres",
  on: ["storage"],
  settings: postgresSchema,
  problems: (own, { node, topology: { nodes } }) => [
    ...(own.replica.enabled && !isAlwaysOn(nodes.desktop)
      ? [
          `homelab:postgres.replica.enabled is true: it must be false, because a standby keeps data and ${nodes.desktop.name} is ${nodes.desktop.lifecycle} in the topology.`,
        ]
      : []),
    ...memoryProblems(own, node, "homelab:postgres"),
    ...ownershipProblems(own),
  ],
  enabled: () => true,
  images: ({ baseImage }) => [baseImage],
  ports: ({ port }) => [{ title: "PostgreSQL", port, key: "postgres.port", from: "nodes" }],
  keeps: ({ dataDirectory }) => ({
    kind: "persistent",
    paths: [dataDirectory],
    backup: { own: "base backups, WAL, and a dump of each database" },
  }),
});
