import { createHash } from "node:crypto";
import { join } from "node:path";
import { dirname } from "node:path/posix";
import * as pulumi from "@pulumi/pulumi";
import { Image, Secret, Unit } from "../../provider/sdk/remote";
import { containerUnit, pathOfSecret, render } from "../../packages/quadlet";
import { usualMetricsDirectory } from "../../services";
import { connectionOf, hostPort, type Node } from "../../topology";
import { backupConfig, jobFiles, scripts } from "../backup-server";
import { childOptions } from "../child-options";
import { watched } from "../health-watch";
import { unchanged } from "../images/unchanged";
import { persistentOn } from "../placement";
import { scriptFile } from "../unit-files";

export interface BackupRepositoryArgs {
  /** Where the repositories are. It keeps data, so an on-demand node does not compile. */
  node: Node<"always-on">;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
  /** Directory that holds them, one for each user. */
  directory: string;
  /** TCP port of the REST API that restic speaks. */
  port: number;
  /** Image of restic's rest-server. */
  image: string;
  /** Passwords by user; each sees its own repository and no other. */
  users: Readonly<Record<string, pulumi.Input<string>>>;
  /** Users can add and read, and take nothing away. */
  appendOnly: boolean;
  /** Whether this node takes away what is too old, for which it must have the repositories' key. @default another does */
  keeps?: {
    /** What the repositories are encrypted with: a secret. */
    key: pulumi.Input<string>;
    keepDays: pulumi.Input<number>;
    /** Image of restic. */
    resticImage: string;
  };
}

const usersSecret = "homelab-backup-users";
const tornLocks = "/usr/local/lib/homelab/backup-repository/torn-locks.sh";

/** Address of a user's repository, as restic takes it; holds the password. */
export function repositoryUrl(
  host: string,
  port: number,
  user: string,
  password: pulumi.Input<string>,
): pulumi.Output<string> {
  const at = hostPort(host, port);
  return pulumi.secret(pulumi.interpolate`rest:http://${user}:${password}@${at}/${user}/`);
}

/**
 * The file of users as rest-server reads it. SHA-1 without salt does for passwords of 40 random characters, and gives
 * the same text in each run.
 * @see https://github.com/restic/rest-server#usage
 */
function htpasswd(users: Readonly<Record<string, string>>): string {
  return Object.entries(users)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([user, password]) => `${user}:{SHA}${createHash("sha1").update(password).digest("base64")}\n`)
    .join("");
}

/** The text of homelab-backup-repository.container. @param image whole reference of an image that is on the node. */
function repositoryQuadlet(
  args: Pick<BackupRepositoryArgs, "directory" | "port" | "appendOnly">,
  image: string,
) {
  return render(
    containerUnit({
      unit: {
        description: "Repositories of backups",
        wants: ["network-online.target"],
        after: ["network-online.target"],
        requiresMountsFor: [args.directory],
      },
      container: {
        containerName: "homelab-backup-repository",
        image,
        pull: "never",
        network: "host",
        secrets: [{ name: usersSecret, mode: "0400" }],
        mounts: [{ source: args.directory, target: "/data" }],
        noNewPrivileges: true,
        logDriver: "journald",
        exec: [
          "rest-server",
          "--path=/data",
          `--listen=:${args.port}`,
          `--htpasswd-file=${pathOfSecret(usersSecret)}`,
          "--private-repos",
          ...(args.appendOnly ? ["--append-only"] : []),
        ],
      },
      service: {
        restart: "always",
        restartSec: 5,
        // Whatever becomes of it, the server starts.
        execStartPre: [[`-${tornLocks}`, args.directory]],
      },
      install: { wantedBy: ["multi-user.target"] },
    }),
  );
}

/** restic's rest-server as a quadlet. Removing it leaves the repositories. */
export class BackupRepository extends pulumi.ComponentResource {
  readonly unit: Unit;

  constructor(name: string, args: BackupRepositoryArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node } = args;
    super(
      "homelab:index:BackupRepository",
      name,
      { placement: persistentOn(node, "BackupRepository", [args.directory]) },
      opts,
    );
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const connection = connectionOf(node, args.sshIdentity);
    const image = new Image(
      `${name}-image`,
      { connection, ...unchanged("rest-server", args.image) },
      options(),
    );
    const users = new Secret(
      `${name}-users`,
      { connection, name: usersSecret, value: pulumi.output(args.users).apply(htpasswd) },
      options(),
    );
    const service = "homelab-backup-repository.service";
    // Any answer will do, and a stranger's is a refusal; that the port can be reached the kernel says, also for a program that hangs.
    const health = {
      exec: ["curl", "-sS", "-o", "/dev/null", "--max-time", "5", `http://127.0.0.1:${args.port}/`],
    };
    this.unit = new Unit(
      `${name}-unit`,
      {
        connection,
        service,
        files: [
          {
            path: "/etc/containers/systemd/homelab-backup-repository.container",
            content: image.reference.apply((built) => repositoryQuadlet(args, built)),
          },
          scriptFile(tornLocks, join(__dirname, "scripts/torn-locks.sh")),
          watched({ service, health, ill: "restart", keeps: [args.directory] }),
        ],
        directories: [{ path: args.directory, mode: "0700" }],
        restartOn: { image: image.imageId, users: users.fingerprint },
        health: { ...health, timeoutSeconds: 30 },
        keeps: [args.directory],
      },
      options({ dependsOn: [image, users] }),
    );
    if (args.keeps !== undefined) keepHere(name, args, args.keeps, connection, options);
    this.registerOutputs({});
  }
}

const keepFolder = "/usr/local/lib/homelab/backup-copy";
const keepConfig = "/etc/homelab/backup-copy/config";

/** The daily job that takes away what is too old, as on storage; see components/backup-server/scripts/keep.sh. */
function keepHere(
  name: string,
  { directory }: Pick<BackupRepositoryArgs, "directory">,
  { key, keepDays, resticImage }: NonNullable<BackupRepositoryArgs["keeps"]>,
  connection: ReturnType<typeof connectionOf>,
  options: (own?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions,
) {
  const restic = new Image(
    `${name}-restic-image`,
    { connection, ...unchanged("restic-of-the-copy", resticImage) },
    options(),
  );
  const secret = new Secret(
    `${name}-key`,
    { connection, name: "homelab-backup-key", value: key, existing: "refuse" },
    // A copy of what opens the backups.
    options({ retainOnDelete: true }),
  );
  const config = pulumi.all([keepDays, restic.reference]).apply(([days, image]) =>
    backupConfig({
      BACKUP_DIRECTORY: dirname(directory),
      REPOSITORY_DIRECTORY: directory,
      // It holds what storage copied: several series, of which each is kept by itself.
      COPY: "yes",
      KEEP_DAYS: days,
      METRICS_DIRECTORY: usualMetricsDirectory,
      RESTIC_IMAGE: image,
    }),
  );
  new Unit(
    `${name}-keep`,
    {
      connection,
      service: "homelab-backup-keep.timer",
      files: [
        ...jobFiles({
          name: "keep",
          description: "Takes out of the copy of all backups what is too old",
          command: [`${keepFolder}/keep-copy.sh`],
          when: "*-*-* 05:15:00",
          directory,
        }),
        { path: keepConfig, content: config, onChange: "nothing" },
        ...scripts(keepFolder, (file) =>
          ["keep-copy.sh", "keep.sh", "lib.sh", "restic-lib.sh", "retention.sh"].includes(file),
        ),
      ],
      health: { exec: ["systemctl", "is-active", "homelab-backup-keep.timer"], timeoutSeconds: 15 },
    },
    options({ dependsOn: [restic, secret] }),
  );
}
