import * as pulumi from "@pulumi/pulumi";
import { Image, Secret, Unit } from "../../provider/sdk/remote";
import type { PostgresSettings, ReplicaSettings } from "../../services";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { reference } from "../images/reference";
import {
  configuration,
  listenOn,
  containerfile,
  primaryFence,
  hba,
  confDirectory,
  containerName,
  inContainer,
  mountedConf,
  replicationSecret,
  serverProgram,
  service,
  peerAddresses,
  peerOf,
  replicationFiles,
  type Replication,
  postgresQuadlet,
  postgresWatch,
  script,
} from "../postgres-node";
import { persistentOn } from "../placement";

/** What the primary hands out for its standby. */
export interface ReplicationEndpoint {
  /** Secret. */
  readonly password: string;
  /** The image that the primary's own is built on. */
  readonly baseImage: string;
  /** A standby must allow as many connections as its primary. */
  readonly maxConnections: number;
  /** The primary's `homelab:postgres.settings`. */
  readonly settings: PostgresSettings["settings"];
  /** The primary's `homelab:postgres.search`. */
  readonly search: PostgresSettings["search"];
  readonly slotLimit: string;
  /** Networks of pods on the node, which connect with their own addresses. */
  readonly networks: readonly string[];
}

export interface PostgresReplicaArgs {
  /** Where it runs. It keeps data, so an on-demand node does not compile. */
  node: Node<"always-on">;
  /**
   * `homelab:replica`: port, data directory and sizes of the standby.
   * @see services/replica.ts
   */
  settings: ReplicaSettings;
  /** The node of the primary to copy and follow. */
  primary: Node;
  /** Port of the primary. */
  primaryPort: pulumi.Input<number>;
  /** What storage hands out for a standby: the replication role's password, image and parameters of the primary. */
  endpoint: pulumi.Output<ReplicationEndpoint>;
  /** Addresses that may connect: IPv4 or IPv6. */
  clients: readonly string[];
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/**
 * A streaming standby of a {@link PostgresNode}: the same image and parameters, a copy of its data at the first start,
 * and everything that it needs to be promoted. Roles, databases and passwords are those of the primary. Removing it
 * leaves the data in `settings.dataDirectory`.
 */
export class PostgresReplica extends pulumi.ComponentResource {
  readonly unit: Unit;

  constructor(name: string, args: PostgresReplicaArgs, opts?: pulumi.ComponentResourceOptions) {
    const { settings, primary, clients, sshIdentity } = args;
    const { node } = args;
    super(
      "homelab:index:PostgresReplica",
      name,
      { placement: persistentOn(node, "PostgresReplica", [settings.dataDirectory]) },
      opts,
    );
    const connection = connectionOf(node, sshIdentity);
    // Only the password is secret; what is made of the rest may be shown.
    const password = args.endpoint.apply((known) => known.password);
    const known = pulumi.unsecret(args.endpoint);
    const pair = pulumi.output(args.primaryPort).apply((port): Replication => ({
      ...{ self: node.name, origin: "copy", port: settings.port, dataDirectory: settings.dataDirectory },
      // While this one is primary it waits for nobody: the other may be gone.
      synchronous: false,
      peer: { ...peerOf(primary), port },
    }));
    const image = new Image(
      `${name}-image`,
      {
        connection,
        repository: "localhost/homelab/postgres",
        containerfile: known.apply(({ baseImage }) => containerfile(reference(baseImage))),
      },
      childOptions(this, opts),
    );
    const secret = new Secret(
      `${name}-replication-secret`,
      { connection, name: replicationSecret, value: password },
      childOptions(this, opts),
    );
    const conf = pulumi
      .all([known, pair])
      .apply(([{ maxConnections, search, settings: more, slotLimit }, each]) => {
        const all = { ...settings, maxConnections, search, settings: more, replica: { slotLimit } };
        return configuration(all, listenOn(node), each);
      });
    this.unit = new Unit(
      `${name}-unit`,
      {
        connection,
        service,
        files: pulumi.all([image.reference, conf, pair, known]).apply(([built, text, each, { networks }]) => [
          {
            path: "/etc/containers/systemd/postgres.container",
            content: postgresQuadlet({ ...settings, image: built, paired: true, origin: "copy" }),
          },
          { path: serverProgram, content: script("postgres.sh"), mode: "0755" },
          { path: `${confDirectory}/postgresql.conf`, content: text.restart },
          { path: `${confDirectory}/reload.conf`, content: text.reload, onChange: "reload" as const },
          {
            path: `${confDirectory}/pg_hba.conf`,
            content: hba(clients, networks, peerAddresses(peerOf(primary))),
            onChange: "reload" as const,
          },
          {
            path: `${confDirectory}/ready.sh`,
            content: script("ready.sh"),
            mode: "0755",
            onChange: "nothing" as const,
          },
          {
            path: `${confDirectory}/auto-conf.sh`,
            content: script("auto-conf.sh"),
            mode: "0755",
            onChange: "nothing" as const,
          },
          ...replicationFiles(each),
          postgresWatch(settings.port, 3600),
        ]),
        // The cluster itself, below this, is readable to its own user alone.
        directories: [{ path: settings.dataDirectory, mode: "0755" }],
        restartOn: { image: image.imageId, "replication's password": secret.fingerprint },
        reload: ["/usr/bin/podman", "kill", "--signal", "HUP", containerName],
        health: {
          exec: inContainer("sh", `${mountedConf}/ready.sh`, String(settings.port)),
          // The first start copies the whole cluster.
          timeoutSeconds: 3600,
        },
        keeps: [settings.dataDirectory],
      },
      childOptions(this, opts, { dependsOn: [image, secret] }),
    );
    primaryFence(`${name}-guard`, connection, pair, childOptions(this, opts, { dependsOn: this.unit }));
    this.registerOutputs({});
  }
}
