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
  superuser: z.boolean().default(false).describe("above all permissions: for the person who runs the house"),
  createDatabase: z.boolean().default(false).describe("may make databases"),
  createRole: z.boolean().default(false).describe("may make roles"),
  memberOf: listOf(identifier).default([]).describe("roles whose rights this one has too"),
  settings: z
    .record(parameter, z.string())
    .default({})
    .describe("parameters of this role's sessions, e.g. `statement_timeout: 5min`"),
});

const grant = strict({
  role: identifier.describe("a role that is in `connect`"),
  schema: identifier.default("public").describe("the schema"),
  on: z
    .enum(["schema", "tables", "sequences"], { error: "must be one of schema, tables, sequences" })
    .describe(
      "`schema`, `tables` or `sequences`: the present ones, and those that the owner of the database or of the schema makes later",
    ),
  privileges: listOf(
    z.enum(["USAGE", "CREATE", "SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"], {
      error: "must be a privilege such as USAGE, SELECT, INSERT, UPDATE or DELETE",
    }),
  )
    .min(1, "must name at least one privilege")
    .describe("e.g. `[USAGE]` on a schema, `[SELECT, INSERT]` on tables; exactly these are held"),
});

const database = strict({
  owner: identifier.describe("a role of `roles`"),
  extensions: listOf(
    z
      .string()
      .refine(
        (name) => knownExtensions.has(name),
        "must be an extension that the image carries, such as vector",
      ),
  )
    .default([])
    .describe("extensions that the image carries, e.g. `vector`"),
  connect: listOf(identifier).default([]).describe("roles beside the owner that may connect"),
  schemas: z
    .record(
      identifier.refine(
        (name) => !["public", "information_schema"].includes(name),
        "must not be a schema that every database has",
      ),
      strict({ owner: identifier.describe("a role that is the database's owner or in `connect`") }),
    )
    .default({})
    .describe("schemas of a role's own, by name: there it creates what it likes, as dbt must"),
  grants: z.array(grant).default([]).describe("privileges of roles other than the owner"),
});

/** Sizes that a server has on its node. Those by default are for 16 GB of memory that it shares with the rest of the node. */
export const serverSizes = {
  sharedBuffers: size.default("2GB").describe("PostgreSQL's own cache; at most half of the memory"),
  effectiveCacheSize: size
    .default("6GB")
    .describe("what the system's page cache is likely to hold; reserves nothing; at most all of the memory"),
  workMem: size.default("64MB").describe("memory of each sort or hash of each connection; at most an eighth"),
  maintenanceWorkMem: size.default("512MB").describe("memory of an index build or vacuum; at most a quarter"),
  maxWalSize: size.default("4GB").describe("WAL after which a checkpoint begins; disk, not memory"),
  minWalSize: size.default("1GB").describe("WAL files that are kept to be used again; at most `maxWalSize`"),
  shmSize: size
    .default("2GB")
    .describe(
      "/dev/shm of the container, which parallel queries and index builds share; at most all of the memory",
    ),
};

/** As whom one server asks and follows the other: it may copy the cluster, and nothing else. */
export const replicationRole = "replicator";

/** `homelab:postgres.replica`: a standby on desktop, which has `homelab:replica`. */
const replica = strict({
  enabled: flag
    .default(false)
    .describe("whether desktop may have a standby of this server; see `homelab:replica`"),
  port: port.default(5432).describe("where the standby listens: desktop's `homelab:replica.port`"),
  slotLimit: size
    .default("16GB")
    .describe(
      "WAL that is kept for a standby, or a backup, that is away; one that needs more must be copied anew",
    ),
  synchronous: flag
    .default(false)
    .describe(
      "a commit is answered once the standby has it on disk too. **While desktop is off, no commit is answered then.** Without it storage goes on alone, and a promotion may lose the last commits",
    ),
});

/** `homelab:postgres`. The sizes are for 16 GB of memory that PostgreSQL shares with the rest of the node. */
export const postgresSchema = strict({
  baseImage: image
    .default("docker.io/library/postgres:18-trixie")
    .describe(
      "image that ours is built on: Debian, with the layout and entry contract of the official one; an exact tag, if you like with digest",
    ),
  port: port.default(5432).describe("TCP port, 1 to 65535"),
  dataDirectory: dataDirectory
    .default("/srv/homelab/postgres")
    .describe("directory on the node that holds the cluster; below /srv, /var/lib, /mnt, /data or /home"),
  ...serverSizes,
  maxConnections: z
    .int("must be a whole number")
    .min(10, "must be 10 to 1000")
    .max(1000, "must be 10 to 1000")
    .default(100)
    .describe("connections at once, 10 to 1000"),
  /** Search by vector indexes; a change is reloaded. @see https://github.com/pgvector/pgvector#query-options */
  search: strict({
    efSearch: z
      .int("must be a whole number")
      .min(1, "must be 1 to 1000")
      .max(1000, "must be 1 to 1000")
      .default(100)
      .describe(
        "candidates that a search by an HNSW index keeps, 1 to 1000: more finds more of the nearest and takes longer; see [search.md](search.md)",
      ),
    iterativeScan: z
      .enum(["off", "relaxed_order", "strict_order"], {
        error: "must be one of off, relaxed_order, strict_order",
      })
      .default("strict_order")
      .describe(
        "pgvector's `hnsw.iterative_scan`, which keeps scanning when a WHERE clause leaves fewer than LIMIT rows: `off`, `relaxed_order` or `strict_order` (the order is exact)",
      ),
  }).prefault({}),
  replica: replica.prefault({}),
  settings: z
    .record(parameter, parameterValue)
    .default({})
    .describe(
      "any other parameter, by PostgreSQL's name: one line of text, a number, true or false. Those with a key above, and those on which access depends, are refused",
    ),
  adopt: listOf(identifier)
    .default([])
    .describe(
      "names of roles and databases that somebody else made and that are taken over; without, such a one is refused",
    ),
  roles: z
    .record(
      identifier.refine(
        (name) => !["postgres", "public", replicationRole].includes(name),
        `must not be postgres, public or ${replicationRole}`,
      ),
      role,
    )
    .prefault({ agent: {}, system: {}, ksh3: { superuser: true } })
    .describe("login roles by name"),
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
    })
    .describe("databases by name"),
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
