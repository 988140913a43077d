import * as pulumi from "@pulumi/pulumi";
import { Image, Secret, Unit } from "../../provider/sdk/remote";
import {
  secretName,
  type Keeps,
  type QuadletRun,
  type SecretSources,
  type StorageValues,
} from "../../services";
import { connectionOf } from "../../topology";
import { childOptions } from "../child-options";
import { watched } from "../health-watch";
import { unchanged } from "../images/unchanged";
import { proposal } from "../password";
import { placementOf, type NodeFor } from "../placement";
import { asUserErrors } from "../user-error";
import { configDirectory, quadletText, timerText } from "./text";

export interface QuadletServiceArgs<K extends Keeps = Keeps> {
  /** Where it runs. A service that keeps data takes an always-on node: an on-demand one does not compile. */
  node: NodeFor<K>;
  /** How it runs: what its file in services/ says for its settings. */
  run: QuadletRun;
  /** What becomes of its data. */
  keeps: K;
  /**
   * Keys of passwords of its own, each a podman secret `homelab-NAME-KEY` that is made once and outlives the stack.
   * @default none
   */
  passwords?: readonly string[];
  /**
   * Further secrets by key, made of its passwords and of what storage hands out; each follows what it is made of.
   * @default none
   */
  secrets?: Readonly<Record<string, (given: SecretSources) => string>>;
  /** What storage hands out; needed by `secrets` only. @default nothing */
  storage?: pulumi.Input<StorageValues>;
  /** Passwords of the node's other services, by service, then by key; needed by `secrets` only. @default none */
  services?: Readonly<Record<string, Readonly<Record<string, pulumi.Input<string>>>>>;
  /** URLs of the node's ports, by their stack outputs; needed by `secrets` only. @default none */
  urls?: Readonly<Record<string, string>>;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
  /** Within so many seconds a change must be confirmed by a new SSH connection, or it is undone. @default it need not be */
  confirmSeconds?: number;
}

/**
 * A service of services/ as a systemd quadlet: its image, its secrets, its files and its unit. Removing it leaves what
 * it keeps.
 * @see podman-systemd.unit(5)
 */
export class QuadletService<K extends Keeps = Keeps> extends pulumi.ComponentResource {
  readonly unit: Unit;
  /** Its own passwords by key: secrets. */
  readonly passwords: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: QuadletServiceArgs<K>, opts?: pulumi.ComponentResourceOptions) {
    const { run, keeps } = args;
    super("homelab:index:QuadletService", name, { placement: placementOf(args.node, run.name, keeps) }, opts);
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const connection = connectionOf(args.node, args.sshIdentity);

    const image = new Image(`${name}-image`, { connection, ...unchanged(run.name, run.image) }, options());
    const own = (args.passwords ?? []).map((key): [string, Secret] => [
      key,
      new Secret(
        `${name}-${key}-secret`,
        {
          ...{ connection, name: secretName(run.name, key) },
          ...{ value: proposal(`${name}-${key}`, options()), existing: "adopt" },
        },
        // It outlives the stack, as what it opens does.
        options({ retainOnDelete: true }),
      ),
    ]);
    this.passwords = Object.fromEntries(own.map(([key, { effective }]) => [key, effective]));
    const sources = pulumi.secret({
      storage: args.storage ?? { dsns: {}, s3Endpoint: "", s3: {} },
      passwords: this.passwords,
      services: args.services ?? {},
      urls: args.urls ?? {},
    });
    const made = Object.entries(args.secrets ?? {}).map(([key, of]): [string, Secret] => [
      key,
      new Secret(
        `${name}-${key}-secret`,
        { connection, name: secretName(run.name, key), value: sources.apply(asUserErrors(of)) },
        options(),
      ),
    ]);
    const secrets = [...own, ...made];
    this.unit = new Unit(
      `${name}-unit`,
      {
        connection,
        // What is switched on: of what has times, its timer.
        service: `${run.name}.${run.schedule === undefined ? "service" : "timer"}`,
        files: image.reference.apply((built) => [
          {
            path: `/etc/containers/systemd/${run.name}.container`,
            content: quadletText(run, keeps, built),
          },
          ...(run.files ?? []).map(({ name: file, content, onChange }) => ({
            path: `${configDirectory(run.name)}/${file}`,
            content,
            ...(onChange === undefined ? {} : { onChange }),
          })),
          ...(run.schedule === undefined
            ? []
            : [
                {
                  path: `/etc/systemd/system/${run.name}.timer`,
                  content: timerText(run.description, run.schedule),
                },
              ]),
          ...(run.watch === false || run.schedule !== undefined ? [] : [watchOf(run, keeps)]),
          ...(run.dump === undefined ? [] : [dumpFile(run.name, run.dump)]),
        ]),
        directories:
          keeps.kind === "nothing"
            ? []
            : [
                ...keeps.paths.map((path) => ({ path, mode: "0700", owner: run.owner ?? "0:0" })),
                ...dumpDirectories(keeps),
              ],
        restartOn: {
          image: image.imageId,
          ...Object.fromEntries(secrets.map(([key, { fingerprint }]) => [key, fingerprint])),
        },
        ...(run.reload === undefined ? {} : { reload: run.reload }),
        health: { ...healthOf(run), timeoutSeconds: run.startSeconds ?? 60 },
        ...(run.onRemoval === undefined ? {} : { onRemoval: [...run.onRemoval] }),
        ...(args.confirmSeconds === undefined ? {} : { confirmSeconds: args.confirmSeconds }),
        ...(keeps.kind === "persistent" ? { keeps: [...keeps.paths] } : {}),
      },
      options({ dependsOn: [image, ...secrets.map(([, secret]) => secret)] }),
    );
    this.registerOutputs({});
  }
}

const healthOf = ({ name, schedule, health }: QuadletRun) =>
  schedule === undefined ? health : { exec: ["systemctl", "is-active", "--quiet", `${name}.timer`] };

const watchOf = ({ name, health, startSeconds = 60 }: QuadletRun, keeps: Keeps) =>
  watched({
    ...{ service: `${name}.service`, health, startSeconds, ill: "restart" },
    ...(keeps.kind === "nothing" ? {} : { keeps: keeps.paths }),
  });

/** Run before each backup of the node's files: components/backup-node/scripts/files.sh. */
const dumpFile = (name: string, content: string) => ({
  ...{ path: `/usr/local/lib/homelab/dumps/${name}`, content, mode: "0755" },
  onChange: "nothing" as const,
});

const dumpDirectories = (keeps: Keeps) =>
  keeps.kind === "persistent" && typeof keeps.backup === "object" && "dump" in keeps.backup
    ? [{ path: keeps.backup.dump, mode: "0700" }]
    : [];
