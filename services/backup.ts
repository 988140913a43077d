import { z } from "zod";
import { dataDirectory, flag, image, listOf, port, strict } from "./fields";
import { service } from "./service";

const days = (most: number) =>
  z
    .int("must be a whole number of days")
    .min(1, `must be 1 to ${most} days`)
    .max(most, `must be 1 to ${most} days`);

const time = "([01]\\d|2[0-3]):[0-5]\\d";

const path = z
  .string()
  .regex(/^\/[^\r\n\0]*[^\r\n\0/]$/, "must be an absolute path that does not end with /, such as /home/ada");

const at = z.string().regex(new RegExp(`^${time}$`), "must be a time of day such as 04:30");

/** What every node has: which of its paths are backed up. */
const files = {
  /** Paths that are backed up into the node's repository on storage. A link is kept as one, and what it leads to too. */
  paths: listOf(path).default([]),
  /** Patterns of what is left out, as restic reads them. */
  exclude: listOf(z.string().regex(/^[^\r\n\0]+$/, "must be one line")).default([]),
  /** Folder of the person's work, backed up like a path; others may be links into it. */
  workspaceRoot: z.union([z.literal(""), path], { error: "must be an absolute path" }).default(""),
  /** When the node's files are backed up, in its time. */
  filesAt: at.default("04:10"),
  resticImage: image.default("docker.io/restic/restic:0.18.1"),
};

/** Where a node keeps a repository of others. */
const repository = {
  /** TCP port of the repository; open to the topology's nodes. */
  repositoryPort: port.default(8010),
  repositoryImage: image.default("docker.io/restic/rest-server:0.14.0"),
};

/** `homelab:backup` on compute. */
export const backupNodeSchema = strict(files);

/** `homelab:backup` on desktop, which may keep the repository off storage. */
const backupDesktopSchema = strict({
  ...files,
  ...repository,
  /** Whether what is collected on storage is copied to this node; needs `offNode: desktop` on storage. */
  keepsOffNode: flag.default(false),
  /** Holds that repository. */
  directory: dataDirectory.default("/srv/homelab/backup"),
});

/** `homelab:backup` on storage, where all backups are collected. */
export const backupServerSchema = strict({
  /** Whether storage is backed up at all. */
  enabled: flag.default(true),
  /** Holds all backups. Best on a disk of its own: on the data's own it survives mistakes, but not the disk. */
  directory: dataDirectory.default("/srv/homelab/backup"),
  /** When the daily backup begins, in the node's time. */
  at: at.default("04:30"),
  /** Days between full base backups; the days between get incremental ones. */
  fullEveryDays: days(31).default(7),
  /** Point-in-time recovery window, in days. */
  keepDays: days(366).default(14),
  /** When the weekly restore drill begins. */
  drillAt: z
    .string()
    .regex(
      new RegExp(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${time}$`),
      "must be a day and a time such as Sun 06:30",
    )
    .default("Sun 06:30"),
  /** Where files for the textfile collector of Prometheus' node exporter are put. */
  metricsDirectory: dataDirectory.default("/var/lib/homelab/metrics"),
  /** Whether storage keeps a repository for the nodes' files; needed for `paths` on any node, and for `offNode`. */
  files: flag.default(false),
  ...files,
  ...repository,
  /**
   * Where everything is copied off this machine: `desktop`, or a repository as restic writes it, such as
   * `s3:https://host/bucket` or `rest:https://user:password@host/`. It may hold a password: `pulumi config set --secret`.
   */
  offNode: z
    .string()
    .regex(/^[^\r\n\0]*$/, "must be one line")
    .default(""),
  /**
   * What restic is told by its environment about that repository, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
   * @see https://restic.readthedocs.io/en/stable/030_preparing_a_new_repo.html
   */
  offNodeEnvironment: z
    .record(
      z
        .string()
        .regex(
          /^(?!RESTIC_)[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/,
          "must be a variable of restic's environment such as AWS_ACCESS_KEY_ID, not one of RESTIC_…, which are set here",
        ),
      z.string({ error: "must be a text" }).regex(/^[^\r\n\0]+$/, "must be one line"),
    )
    .default({}),
});

export type BackupServerSettings = z.output<typeof backupServerSchema>;
export type BackupNodeSettings = z.output<typeof backupNodeSchema>;
export type BackupDesktopSettings = z.output<typeof backupDesktopSchema>;

/** What differs from node to node: storage collects, desktop may keep the copy, compute only hands over its files. */
const backup = { key: "backup", title: "backups" } as const;

export const backupServer = service({
  ...backup,
  purpose: "collects the backups of all nodes",
  on: ["storage"],
  settings: backupServerSchema,
  problems: ({ files, offNode, paths, offNodeEnvironment }) => [
    ...(files || (offNode === "" && paths.length === 0)
      ? []
      : [
          "homelab:backup.files is false: it must be true for homelab:backup.offNode and homelab:backup.paths.",
        ]),
    ...(Object.keys(offNodeEnvironment).length > 0 && ["", "desktop"].includes(offNode)
      ? [
          "homelab:backup.offNodeEnvironment is set: it must be empty, unless homelab:backup.offNode is a repository of your own, which it belongs to.",
        ]
      : []),
  ],
  enabled: ({ enabled }) => enabled,
  images: ({ resticImage, repositoryImage }) => [resticImage, repositoryImage],
  ports: ({ files, repositoryPort: port }) =>
    files ? [{ title: "backup repository", port, key: "backup.repositoryPort", from: "nodes" }] : [],
  keeps: ({ directory }) => ({
    kind: "persistent",
    paths: [directory],
    backup: { own: "its copy off storage" },
  }),
});

export const backupCopy = service({
  ...backup,
  purpose: "backs up desktop's files, and may keep the copy of all backups",
  on: ["desktop"],
  settings: backupDesktopSchema,
  enabled: ({ keepsOffNode, paths, workspaceRoot }) =>
    keepsOffNode || paths.length > 0 || workspaceRoot !== "",
  images: ({ resticImage, repositoryImage }) => [resticImage, repositoryImage],
  ports: ({ keepsOffNode, repositoryPort: port }) =>
    keepsOffNode
      ? [{ title: "backup repository", port, key: "backup.repositoryPort", from: ["storage"] }]
      : [],
  keeps: ({ keepsOffNode, directory }) =>
    keepsOffNode
      ? { kind: "persistent", paths: [directory], backup: { own: "it is a copy of storage's backups" } }
      : { kind: "nothing" },
});

export const backupAgent = service({
  ...backup,
  purpose: "backs up compute's files into its repository on storage",
  on: ["compute"],
  settings: backupNodeSchema,
  enabled: ({ paths, workspaceRoot }) => paths.length > 0 || workspaceRoot !== "",
  images: ({ resticImage }) => [resticImage],
  keeps: () => ({ kind: "nothing" }),
});
