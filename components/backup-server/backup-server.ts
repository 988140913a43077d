import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { pathOfSecret } from "../../packages/quadlet";
import { Image, Secret, Unit, type UnitArgs } from "../../provider/sdk/remote";
import { imageReference } from "../../remote/image-reference";
import { type BackupServerSettings } from "../../services";
import { skippedHours } from "../../settings";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { unchanged } from "../images/unchanged";
import { persistentOn } from "../placement";
import { initdb, superuserSecret } from "../postgres-node";
import { backupConfig } from "./config";
import { configFile, postgresDirectory, postgresOwner, walService } from "./layout";
import { scripts } from "./scripts";
import { jobFiles, keysFile, walQuadlet, type Job } from "./units";

export interface BackupServerArgs {
  /** Where backups are collected. It keeps data, so an on-demand node does not compile. */
  node: Node<"always-on">;
  /**
   * `homelab:backup` of storage's stack: directory, retention in days, times and images.
   * @see services/backup.ts
   */
  settings: BackupServerSettings;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
  /** The PostgreSQL on the same node. */
  postgres: {
    port: number;
    /** Directory that holds the cluster. */
    dataDirectory: string;
    /** The server's own image: its tools fit its data. */
    image: pulumi.Input<string>;
    superuserFingerprint: pulumi.Input<string>;
    /** Units on the node that keep their books in it: what they remember ends with a restore. @default none */
    clients?: readonly string[];
  };
  /** The object store on the same node. */
  objectStore: {
    apiPort: number;
    /** Directory that holds the objects. */
    dataDirectory: string;
    /** Image that holds MinIO's client. Nothing here waits until it is there. */
    image: string;
    /**
     * Beginning of the names of the podman secrets with the root user's name (`…-user`) and password (`…-password`).
     * @default homelab-minio-root
     */
    secrets?: string;
  };
  /** The K3s server on the same node, whose state is copied. @default none */
  cluster?: {
    /** Directory that holds its state. */
    dataDirectory: string;
    /** Its systemd unit. */
    service: string;
    version: string;
  };
  /** Repositories of files; keys and address are secrets. @default none */
  repositories?: {
    /** What the one off this machine is encrypted with, where storage has no key yet: one that is there is never replaced. */
    key: pulumi.Input<string>;
    /** What each node's is encrypted with, by node; each is the podman secret homelab-backup-key-NODE there already. */
    keys: Readonly<Record<string, pulumi.Input<string>>>;
    /** Address of the one off this machine, as restic takes it. @default nothing leaves this machine */
    offNode?: pulumi.Input<string>;
    /** The same by the LAN, for a restore while the mesh is away. @default it is asked at `offNode` only */
    offNodeByLan?: {
      readonly url: pulumi.Input<string>;
      /** Where `offNode` is in the mesh: whether it answers there decides. */
      readonly mesh: { readonly host: string; readonly port: number };
    };
    /** Whether the machine that has it takes away itself what is too old, because storage may only add. @default false */
    offNodeKeeps?: boolean;
    /** Variables that restic wants for that address, by name: secrets. @default none */
    offNodeEnvironment?: Readonly<Record<string, pulumi.Input<string>>>;
  };
}

const keySecret = "homelab-backup-key";

/** The podman secret that holds a variable for the repository off this machine; off_node in scripts/restic-lib.sh. */
const variableSecret = (variable: string) =>
  `homelab-backup-off-node-${variable.toLowerCase().replaceAll("_", "-")}`;

/** Of keys that nobody could guess: it tells whether one is another, and nothing else. */
const fingerprintOf = (keys: Readonly<Record<string, pulumi.Input<string>>>): pulumi.Output<string> =>
  pulumi.unsecret(
    pulumi
      .output(keys)
      .apply((all) => createHash("sha256").update(JSON.stringify(all)).digest("hex").slice(0, 16)),
  );

/**
 * The backups on storage: PostgreSQL's WAL as it is written, base backups and dumps every day, and a drill every week
 * that restores them. Removing any of it leaves the backups in `settings.directory`.
 */
export class BackupServer extends pulumi.ComponentResource {
  /** Secret: what the repositories are encrypted with, when there are any. */
  readonly key: pulumi.Output<string> | undefined;

  constructor(name: string, args: BackupServerArgs, opts?: pulumi.ComponentResourceOptions) {
    const { settings, postgres, objectStore, cluster, repositories } = args;
    const { node } = args;
    super(
      "homelab:index:BackupServer",
      name,
      { placement: persistentOn(node, "BackupServer", [settings.directory]) },
      opts,
    );
    const times = { "homelab:backup.at": settings.at, "homelab:backup.drillAt": settings.drillAt };
    for (const sentence of skippedHours(times)) void pulumi.log.warn(sentence, this);
    const connection = connectionOf(node, args.sshIdentity);
    const unit = (what: string, of: Omit<UnitArgs, "connection">, own?: pulumi.CustomResourceOptions) =>
      new Unit(`${name}-${what}`, { connection, ...of }, childOptions(this, opts, own));

    const resticImage = unchanged("restic-server-side", settings.resticImage);
    const restic =
      repositories === undefined
        ? undefined
        : new Image(`${name}-restic-image`, { connection, ...resticImage }, childOptions(this, opts));
    const variables = Object.entries(repositories?.offNodeEnvironment ?? {});
    const inMesh = repositories?.offNodeByLan?.mesh;
    const key =
      repositories === undefined
        ? undefined
        : new Secret(
            `${name}-key`,
            { connection, name: keySecret, value: repositories.key, existing: "keep" },
            // The backups outlive the stack, and so does what opens them.
            childOptions(this, opts, { retainOnDelete: true }),
          );
    this.key = key?.effective;
    const others = Object.entries({
      "homelab-backup-off-node": repositories?.offNode,
      "homelab-backup-off-node-lan": repositories?.offNodeByLan?.url,
      ...Object.fromEntries(variables.map(([variable, value]) => [variableSecret(variable), value])),
    }).flatMap(([secret, value]) =>
      value === undefined
        ? []
        : [
            new Secret(
              `${name}-${secret.replace("homelab-backup-", "")}`,
              { connection, name: secret, value },
              childOptions(this, opts),
            ),
          ],
    );
    const secrets = [...(key === undefined ? [] : [key]), ...others];
    // Of the images only PostgreSQL's is waited for: one that cannot be pulled must not keep the other backups from being made.
    const config = pulumi.output(postgres.image).apply((image) =>
      backupConfig({
        BACKUP_DIRECTORY: settings.directory,
        METRICS_DIRECTORY: settings.metricsDirectory,
        FULL_EVERY_DAYS: settings.fullEveryDays,
        KEEP_DAYS: settings.keepDays,
        RESTORE_TIMEOUT: 6 * 3600,
        POSTGRES_PORT: postgres.port,
        POSTGRES_DATA: postgres.dataDirectory,
        POSTGRES_IMAGE: image,
        POSTGRES_CLIENTS: (postgres.clients ?? []).join(" "),
        POSTGRES_INITDB: initdb.join(" "),
        ...(cluster === undefined
          ? {}
          : {
              CLUSTER_DATA: cluster.dataDirectory,
              CLUSTER_SERVICE: cluster.service,
              CLUSTER_VERSION: cluster.version,
            }),
        MINIO_PORT: objectStore.apiPort,
        MINIO_DATA: objectStore.dataDirectory,
        MINIO_IMAGE: objectStore.image,
        MINIO_SECRETS: objectStore.secrets ?? "homelab-minio-root",
        RESTIC_IMAGE: restic === undefined ? "" : imageReference(resticImage),
        OFF_NODE_VARIABLES: variables
          .map(([variable]) => variable)
          .sort()
          .join(" "),
        OFF_NODE_IN_MESH: inMesh === undefined ? "" : `${inMesh.host} ${inMesh.port}`,
        // Who takes away there what is too old; empty when nothing leaves this machine.
        OFF_NODE_KEEPS:
          repositories?.offNode === undefined ? "" : repositories.offNodeKeeps === true ? "there" : "here",
      }),
    );
    const wal = unit("wal", {
      service: walService,
      files: [
        {
          path: "/etc/containers/systemd/homelab-backup-wal.container",
          content: pulumi
            .output(postgres.image)
            .apply((image) => walQuadlet(settings.directory, postgres.port, image)),
        },
        { path: configFile, content: config, onChange: "nothing" },
        ...scripts(),
      ],
      directories: [
        { path: settings.directory, mode: "0711" },
        { path: postgresDirectory(settings.directory), mode: "0700", owner: postgresOwner },
      ],
      restartOn: { "superuser's password": postgres.superuserFingerprint },
      // A cluster that is not the history's gets no backup; that is for the alerts to say, not for an up to fail on.
      health: {
        exec: ["podman", "exec", "homelab-backup-wal", "test", "-r", pathOfSecret(superuserSecret)],
      },
      keeps: [settings.directory],
    });
    if (repositories !== undefined && restic !== undefined) {
      unit(
        "keys-service",
        {
          service: "homelab-backup-keys.service",
          files: [keysFile(settings.directory)],
          restartOn: { keys: fingerprintOf(repositories.keys) },
          health: { exec: ["systemctl", "is-active", "homelab-backup-keys.service"], timeoutSeconds: 15 },
        },
        { dependsOn: [wal, restic, ...secrets] },
      );
    }
    for (const job of jobs(settings, repositories, cluster !== undefined)) {
      const service = `homelab-backup-${job.name}.timer`;
      unit(
        job.name,
        {
          service,
          files: jobFiles(job),
          health: { exec: ["systemctl", "is-active", service], timeoutSeconds: 15 },
        },
        { dependsOn: [wal, ...(job.restic === true && restic !== undefined ? [restic, ...secrets] : [])] },
      );
    }
    this.registerOutputs({});
  }
}

function jobs(
  { at, drillAt, directory }: BackupServerSettings,
  repositories: BackupServerArgs["repositories"],
  cluster: boolean,
): Job[] {
  const all: Omit<Job, "directory">[] = [
    {
      name: "watch",
      description: "Looks whether WAL arrives in the backup and every database is covered",
      command: ["postgres-watch.sh"],
      when: 60,
    },
    {
      name: "postgres",
      description: "Base backup and dumps of PostgreSQL",
      command: ["postgres-backup.sh"],
      when: `*-*-* ${at}:00`,
    },
    {
      name: "buckets",
      description: "Mirror of the object store's buckets",
      command: ["buckets.sh"],
      when: `*-*-* ${at}:30`,
    },
    ...(cluster
      ? [
          {
            name: "cluster",
            description: "Copy of the cluster's state",
            command: ["cluster.sh"] as const,
            when: `*-*-* ${at}:15`,
          },
        ]
      : []),
    ...(repositories === undefined
      ? []
      : [
          {
            name: "keep",
            description: "Takes out of the nodes' repositories what is too old",
            command: ["keep.sh"] as const,
            restic: true,
            when: `*-*-* ${at}:15`,
          },
        ]),
    ...(repositories?.offNode !== undefined
      ? [
          {
            name: "off-node",
            description: "All that is collected, into the repository off this machine",
            command: ["off-node.sh"] as const,
            restic: true,
            when: `*-*-* ${at.replace(/^\d\d/, (hour) => String((Number(hour) + 1) % 24).padStart(2, "0"))}:00`,
          },
          {
            name: "off-node-wal",
            description: "What PostgreSQL wrote last, into the repository off this machine",
            command: ["off-node.sh", "wal"] as const,
            restic: true,
            when: 30,
          },
        ]
      : []),
    {
      name: "drill",
      description: "Restores the newest backups aside and compares them",
      command: ["postgres-drill.sh"],
      when: `${drillAt.replace(" ", " *-*-* ")}:00`,
    },
  ];
  return all.map((job) => ({ ...job, directory }));
}
