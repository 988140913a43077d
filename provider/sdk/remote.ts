import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../../remote/connection-args";
import type { HostFacts } from "../../remote/host";

/** A file that a unit needs on the node. */
export interface ManagedFileArgs {
  /** Absolute path on the node, below /etc or /usr/local or /var/lib/homelab. */
  path: string;
  /** The whole text. */
  content: pulumi.Input<string>;
  /** Octal mode. @default "0644" */
  mode?: string;
  /** Owner as `user:group` or `uid:gid`. @default "root:root" */
  owner?: string;
  /** What a change of this file asks of the service. @default "restart" */
  onChange?: "restart" | "reload" | "nothing";
}

/** How to know that a unit works: exactly one of `exec`, `http`, `tcp`. Tried until it holds or the time is over. */
export interface HealthArgs {
  /** A command on the node, argument by argument; healthy when it exits 0. Excludes `http` and `tcp`. @default another check */
  exec?: string[];
  /** A URL asked from the node; healthy on a 2xx answer. Excludes `exec` and `tcp`. @default another check */
  http?: string;
  /** `host:port` that must accept a connection. Excludes `exec` and `http`. @default another check */
  tcp?: string;
  /** How long the unit may take to come up, seconds. @default 60 */
  timeoutSeconds?: number;
  /**
   * How long it must stay up and healthy after that, seconds: as long as a start of it can still fail, a port that
   * another program holds for example. Of services only. @default 3
   */
  settleSeconds?: number;
}

export interface UnitArgs {
  /** How to reach the node over SSH. */
  connection: ConnectionArgs;
  /** What systemd runs, e.g. `postgres.service`; or a timer or a socket, whose service is among the files. */
  service: string;
  /** The quadlet or unit file, and the configuration it reads. Order does not matter. */
  files: pulumi.Input<ManagedFileArgs[]>;
  /** Directories that must exist before the first start. They are made when missing and never removed. @default none */
  directories?: { path: string; mode?: string; owner?: string }[];
  /**
   * Anything else whose change must restart the unit (an image's id, a secret's fingerprint), by a name that is shown.
   * @default nothing
   */
  restartOn?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Command for a reload, argument by argument. @default systemctl reload */
  reload?: string[];
  /**
   * Command that puts right what makes a running unit unhealthy without a restart, argument by argument. Tried before
   * a restart. @default none
   */
  mend?: string[];
  /** When it counts as up: exactly one of `exec`, `http` and `tcp`. */
  health: HealthArgs;
  /**
   * Where this unit's data stays when the unit is removed; shown at destroy. Its services are not started while the disk on
   * which the data was is not mounted. @default it keeps nothing
   */
  keeps?: string[];
  /** Why losing what it keeps costs nothing: then it may be on an on-demand node. @default it may not be lost */
  ephemeral?: string;
  /**
   * Command for what outlives the service, argument by argument: run when the unit is removed, once it has stopped and is
   * disabled, also when it had stopped long before. One of the unit's files, safe to repeat.
   * @default none
   */
  onRemoval?: string[];
}

/**
 * A systemd unit (quadlet or plain) with its files, applied as one: put in place atomically, verified, restarted or
 * reloaded only when something it uses changed, and put back when the new one does not come up healthy.
 */
export class Unit extends pulumi.CustomResource {
  /** Content hash of everything that decides how the unit runs. */
  declare readonly hash: pulumi.Output<string>;
  constructor(name: string, args: UnitArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:remote:Unit", name, { ...args, hash: undefined }, opts);
  }
}

export interface ImageArgs {
  /** How to reach the node over SSH. */
  connection: ConnectionArgs;
  /** Repository for the built image, e.g. `localhost/homelab/postgres`; its tag is the content's hash. */
  repository: string;
  /** The Containerfile's text. `FROM` names the base with its exact tag or digest. */
  containerfile: pulumi.Input<string>;
  /** How long a build may take, seconds. @default 900 */
  timeoutSeconds?: number;
}

/** An image built on the node by podman from a Containerfile; the tag is a hash of what it is made from. */
export class Image extends pulumi.CustomResource {
  /** `repository:hash`, to be used in a quadlet with `Pull=never`. Known before the build. */
  declare readonly reference: pulumi.Output<string>;
  /** The image's id as podman knows it. */
  declare readonly imageId: pulumi.Output<string>;
  constructor(name: string, args: ImageArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:remote:Image", name, { ...args, reference: undefined, imageId: undefined }, opts);
  }
}

export interface SecretArgs {
  /** How to reach the node over SSH. */
  connection: ConnectionArgs;
  /** The podman secret's name. */
  name: string;
  /** The value; travels by standard input and rests only in podman's secret store and, encrypted, in the state. */
  value: pulumi.Input<string>;
  /**
   * What becomes of another value that the node has under this name.
   *   `replace`: the declared one takes its place.
   *   `adopt`:   it is taken over, so `value` is a proposal for a node that has none; a `value` that changed since the
   *              last run is a new password and takes its place.
   *   `keep`:    it is taken over, whatever `value` becomes: for a key without which what it encrypted is lost.
   *   `refuse`:  it stays and the run ends with a sentence: for a copy of such a key.
   * @default "replace"
   */
  existing?: "replace" | "adopt" | "keep" | "refuse";
}

/** A podman secret on the node. */
export class Secret extends pulumi.CustomResource {
  /** Secret: the value that the node has, which is another than the declared one where it was taken over. */
  declare readonly effective: pulumi.Output<string>;
  /** Changes whenever the value does, and tells nothing about it: for `restartOn`. */
  declare readonly fingerprint: pulumi.Output<string>;
  constructor(name: string, args: SecretArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "homelab:remote:Secret",
      name,
      { ...args, value: pulumi.secret(args.value), effective: undefined, fingerprint: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["effective"] }),
    );
  }
}

export interface ReleaseArgs {
  /** How to reach the node over SSH. */
  connection: ConnectionArgs;
  /** Its files are in /usr/local/lib/homelab/NAME/VERSION. */
  name: string;
  /** Version of the release, e.g. `v1.35.4+k3s1`. */
  version: string;
  /** Where its versions are, e.g. `https://github.com/k3s-io/k3s/releases/download`; `file:///…` is a directory on the node. */
  from: string;
  /** The release's own file of SHA-256 sums, as sha256sum(1) writes it. */
  checksums: string;
  /** Files of it. `alsoIn`: path of a copy, for a program that looks for it in a certain place. `mode`: @default "0755" */
  files: { name: string; mode?: string; alsoIn?: string }[];
  /** How long a file may take, seconds. @default 900 */
  timeoutSeconds?: number;
}

/**
 * Files of a release on the node, checked against the release's checksum file, which is fetched with them. The version
 * before stays, so that a unit whose new version does not come up can go back.
 */
export class Release extends pulumi.CustomResource {
  /** SHA-256 by file name, as the release said and the node has. */
  declare readonly sums: pulumi.Output<Record<string, string>>;
  constructor(name: string, args: ReleaseArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:remote:Release", name, { ...args, sums: undefined }, opts);
  }
}

/** What a node is: asked when it is made, and looked at again in every preview. */
export class Host extends pulumi.CustomResource {
  declare readonly facts: pulumi.Output<HostFacts>;
  constructor(name: string, args: { connection: ConnectionArgs }, opts?: pulumi.CustomResourceOptions) {
    super("homelab:remote:Host", name, { ...args, facts: undefined }, opts);
  }
}

export interface SecretFileArgs {
  /** How to reach the node over SSH. */
  connection: ConnectionArgs;
  /** Absolute path of a file that a program on the node writes. */
  path: string;
  /** Anything whose change means that it was written again. @default it is read once */
  readAgainOn?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** How long to wait for it, seconds. @default 60 */
  timeoutSeconds?: number;
}

/** What a program on the node wrote to a file for its clients, such as a kubeconfig. Only read, never written or removed. */
export class SecretFile extends pulumi.CustomResource {
  /** Secret. */
  declare readonly content: pulumi.Output<string>;
  declare readonly fingerprint: pulumi.Output<string>;
  constructor(name: string, args: SecretFileArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "homelab:remote:SecretFile",
      name,
      { ...args, content: undefined, fingerprint: undefined },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["content"] }),
    );
  }
}
