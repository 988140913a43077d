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
  paths: listOf(path)
    .default([])
    .describe("paths of the node that are backed up into its repository on storage"),
  exclude: listOf(z.string().regex(/^[^\r\n\0]+$/, "must be one line"))
    .default([])
    .describe("patterns of what is left out, as restic reads them"),
  workspaceRoot: z
    .union([z.literal(""), path], { error: "must be an absolute path" })
    .default("")
    .describe("folder of the person's work, backed up like a path; others may be links into it"),
  filesAt: at.default("04:10").describe("time of day when the node's files are backed up"),
  resticImage: image.default("docker.io/restic/restic:0.18.1").describe("restic, an exact tag"),
};

/** Where a node keeps a repository of others. */
const repository = {
  repositoryPort: port.default(8010).describe("TCP port of the repository (storage, desktop)"),
  repositoryImage: image
    .default("docker.io/restic/rest-server:0.14.0")
    .describe("restic's rest-server, an exact tag (storage, desktop)"),
};

/** `homelab:backup` on compute. */
export const backupNodeSchema = strict(files);

/** `homelab:backup` on desktop, which may keep the repository off storage. */
const backupDesktopSchema = strict({
  ...files,
  ...repository,
  keepsOffNode: flag
    .default(false)
    .describe("whether what is collected on storage is copied to this node, into `directory`"),
  directory: dataDirectory
    .default("/srv/homelab/backup")
    .describe(
      "directory on the node that holds all backups; best on a disk of its own, since on the data's own they survive mistakes but no disk",
    ),
});

/** Where scripts on a node put files for the textfile collector, unless the settings say another place. */
export const usualMetricsDirectory = "/var/lib/homelab/metrics";

/** `homelab:backup` on storage, where all backups are collected. */
export const backupServerSchema = strict({
  enabled: flag.default(true).describe("whether storage is backed up at all"),
  directory: dataDirectory
    .default("/srv/homelab/backup")
    .describe(
      "directory on the node that holds all backups; best on a disk of its own, since on the data's own they survive mistakes but no disk",
    ),
  at: at
    .default("04:30")
    .describe(
      "time of day when the daily backup begins, in the node's time; before 04:00 it is warned of: on the day on which clocks go forward it may not exist",
    ),
  fullEveryDays: days(31)
    .default(7)
    .describe("days between full base backups, 1 to 31; the days between get incremental ones"),
  keepDays: days(366).default(14).describe("every moment of so many days can be gone back to, 1 to 366"),
  drillAt: z
    .string()
    .regex(
      new RegExp(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${time}$`),
      "must be a day and a time such as Sun 06:30",
    )
    .default("Sun 06:30")
    .describe("day and time when the weekly restore drill begins"),
  metricsDirectory: dataDirectory
    .default(usualMetricsDirectory)
    .describe("where files for the textfile collector of Prometheus' node exporter are put"),
  files: flag
    .default(false)
    .describe(
      "whether storage keeps a repository for the files of all nodes; needed for `paths` on any node and for `offNode`",
    ),
  ...files,
  ...repository,
  offNode: z
    .string()
    .regex(/^[^\r\n\0]*$/, "must be one line")
    .default("")
    .describe(
      "where everything is copied off this machine: `desktop` (with `keepsOffNode` there), or a repository as restic writes it, such as `s3:https://host/bucket`; it may hold a password, so use `pulumi config set --secret`",
    ),
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
    .default({})
    .describe(
      "what restic is told by its environment about that repository, such as `AWS_ACCESS_KEY_ID`, by name: `pulumi config set --secret --path 'homelab:backup.offNodeEnvironment.AWS_SECRET_ACCESS_KEY'`",
    ),
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
      ? [
          {
            ...{ title: "backup repository", port, key: "backup.repositoryPort", from: ["storage"] },
            // A storage that was lost with the mesh's coordination gets its backups back by the LAN.
            lan: "always",
          },
        ]
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
