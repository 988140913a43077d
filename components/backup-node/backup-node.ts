import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Image, Secret, Unit } from "../../provider/sdk/remote";
import { usualMetricsDirectory, type BackupNodeSettings } from "../../services";
import { skippedHours } from "../../settings";
import { connectionOf, type Node } from "../../topology";
import { backupConfig, jobFiles } from "../backup-server";
import { childOptions } from "../child-options";
import { unchanged } from "../images/unchanged";
import { nothingKeptOn } from "../placement";

export interface BackupNodeArgs {
  /** The node whose files are backed up; any, for the repository is on storage. */
  node: Node;
  /**
   * `homelab:backup` of the node's stack: paths, times and images.
   * @see services/backup.ts
   */
  settings: BackupNodeSettings;
  /** Directories that are backed up like `settings.paths`, but are not missed before they are there. @default none */
  volumes?: readonly string[];
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
  /** Address of the node's repository on storage, with its password. */
  repository: pulumi.Input<string>;
  /** What the node's repository is encrypted with, and no other. */
  key: pulumi.Input<string>;
  /** Where files for Prometheus' textfile collector are put. @default {@link usualMetricsDirectory} */
  metricsDirectory?: string;
}

const folder = "/usr/local/lib/homelab/backup-files";
const stateDirectory = "/var/lib/homelab/backup-files";
const lists = "/etc/homelab/backup-files";

const list = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

/** The declared paths of a node, backed up by restic into its own repository on storage. The node keeps nothing of it. */
export class BackupNode extends pulumi.ComponentResource {
  constructor(name: string, args: BackupNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, settings } = args;
    super("homelab:index:BackupNode", name, { placement: nothingKeptOn(node) }, opts);
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const connection = connectionOf(node, args.sshIdentity);
    for (const sentence of skippedHours({ "homelab:backup.filesAt": settings.filesAt }))
      void pulumi.log.warn(sentence, this);
    const image = new Image(
      `${name}-image`,
      { connection, ...unchanged("restic", settings.resticImage) },
      options(),
    );
    const repository = new Secret(
      `${name}-repository`,
      { connection, name: "homelab-backup-files-repository", value: args.repository },
      options(),
    );
    const key = new Secret(
      `${name}-key`,
      { connection, name: "homelab-backup-node-key", value: args.key, existing: "refuse" },
      // A copy of what opens the node's backups.
      options({ retainOnDelete: true }),
    );
    const paths = [...settings.paths, ...(settings.workspaceRoot === "" ? [] : [settings.workspaceRoot])];
    const config = image.reference.apply((built) =>
      backupConfig({
        BACKUP_DIRECTORY: stateDirectory,
        METRICS_DIRECTORY: args.metricsDirectory ?? usualMetricsDirectory,
        NODE: node.name,
        RESTIC_IMAGE: built,
      }),
    );
    const still = (path: string, content: pulumi.Input<string>, mode = "0644") => ({
      path,
      content,
      mode,
      onChange: "nothing" as const,
    });
    const script = (room: string, file: string) =>
      still(`${folder}/${file}`, readFileSync(join(__dirname, "..", room, "scripts", file), "utf8"), "0755");
    new Unit(
      `${name}-files`,
      {
        connection,
        service: "homelab-backup-files.timer",
        files: [
          ...jobFiles({
            name: "files",
            description: "Files of this node into its repository on storage",
            command: [`${folder}/files.sh`],
            when: `*-*-* ${settings.filesAt}:00`,
            directory: stateDirectory,
          }),
          still(`${lists}/config`, config),
          still(`${lists}/paths`, list(paths)),
          still(`${lists}/paths-if-there`, list(args.volumes ?? [])),
          still(`${lists}/excludes`, list(settings.exclude)),
          script("backup-server", "lib.sh"),
          script("backup-node", "files.sh"),
        ],
        health: { exec: ["systemctl", "is-active", "homelab-backup-files.timer"], timeoutSeconds: 15 },
      },
      options({ dependsOn: [image, repository, key] }),
    );
    this.registerOutputs({});
  }
}
