import * as pulumi from "@pulumi/pulumi";
import { Database, Role, type ServerArgs } from "../../provider/sdk/postgres";
import { Image, Secret, Unit } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import { replicationRole, type PostgresSettings } from "../../services";
import { connectionOf, houseAddress, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { reference } from "../images/reference";
import { proposal } from "../password";
import { persistentOn } from "../placement";
import { configuration, listenOn } from "./conf";
import { containerfile } from "./containerfile";
import { adopted, makeDatabases, makeRoles, type Inside } from "./contents";
import { dsnsOf, type Dsns } from "./dsn";
import { hba } from "./hba";
import {
  confDirectory,
  containerName,
  inContainer,
  initDirectory,
  mountedConf,
  replicationSecret,
  serverProgram,
  service,
  superuserSecret,
} from "./layout";
import { primaryFence } from "./primary-fence";
import { peerAddresses, peerOf, replicationFiles, type Replication } from "./replication";
import { postgresQuadlet } from "./quadlet";
import { script } from "./scripts";
import { postgresWatch } from "./watch";

export interface PostgresNodeArgs {
  /** Where it runs. It keeps data, so an on-demand node does not compile. */
  node: Node<"always-on">;
  /**
   * `homelab:postgres`: image, port, data directory, sizes, roles, databases and parameters.
   * @see services/postgres.ts
   */
  settings: PostgresSettings;
  /** Addresses that may connect: IPv4 or IPv6. */
  clients: readonly string[];
  /** Networks that may connect: that of the cluster's pods, which on this node come with their own addresses. @default none */
  networks?: readonly string[];
  /** Where a standby may be, as `settings.replica` says more of. @default none */
  standby?: Node<"always-on">;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/** How to reach the server and its databases. Whatever holds a password is a secret. */
export interface PostgresEndpoints {
  readonly host: string;
  readonly port: number;
  /** Connection strings by role, then by database: for each that the role may connect to. */
  readonly dsns: Dsns;
  /** The same for programs on the server's own node, which do not wait for the mesh. */
  readonly ownDsns: Dsns;
  /** The same with both hosts, for clients that look for the one that takes writes: when there is a standby. */
  readonly failoverDsns: Dsns | undefined;
  /** Secret. With it the standby copies and follows: when there may be one. */
  readonly replicationPassword: pulumi.Output<string> | undefined;
}

/**
 * PostgreSQL 18 with pgvector and JIT as a systemd quadlet, and its roles, databases, extensions and grants as
 * resources of their own. Removing any of it leaves the data in `settings.dataDirectory`.
 */
export class PostgresNode extends pulumi.ComponentResource {
  readonly endpoints: PostgresEndpoints;
  /** The server's unit: what needs the running server depends on it. */
  readonly unit: Unit;
  /** Whole reference of the image that the server runs with: its tools fit its data. */
  readonly image: pulumi.Output<string>;
  /** Changes with the superuser's password, which is in the podman secret `homelab-postgres-superuser`. */
  readonly superuserFingerprint: pulumi.Output<string>;
  readonly #inside: Inside;
  readonly #name: string;
  readonly #given: pulumi.ComponentResourceOptions | undefined;

  constructor(name: string, args: PostgresNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const { settings } = args;
    const { node } = args;
    const placement = persistentOn(node, "PostgresNode", [settings.dataDirectory]);
    super("homelab:index:PostgresNode", name, { placement }, opts);
    this.#name = name;
    this.#given = opts;

    const pair = pairOf(args);
    const { unit, image, secret, replication } = this.#server(args, pair);
    this.unit = unit;
    this.image = image.reference;
    this.superuserFingerprint = secret.fingerprint;
    const server: ServerArgs = {
      connection: connectionOf(node, args.sshIdentity),
      port: settings.port,
      user: "postgres",
      password: secret.effective,
    };
    this.#inside = {
      ...{ name, server },
      withServer: () => this.#options({ deletedWith: unit }),
      inServer: (...needs) => this.#options({ dependsOn: [unit, ...needs], deletedWith: unit }),
    };
    const { roles, passwordOf } = makeRoles(this.#inside, settings);
    makeDatabases(this.#inside, settings, roles);
    if (replication !== undefined) {
      new Role(
        `${name}-role-${replicationRole}`,
        {
          ...{ server, name: replicationRole, password: replication, replication: true },
          ...adopted(settings, replicationRole),
        },
        this.#inside.inServer(),
      );
    }

    const at = { host: houseAddress(node), port: settings.port };
    const both = pair === undefined ? [] : [at, { host: pair.peer.address, port: pair.peer.port }];
    this.endpoints = {
      ...at,
      dsns: dsnsOf(settings, [at], passwordOf),
      ownDsns: dsnsOf(settings, [{ ...at, host: node.address }], passwordOf),
      failoverDsns: pair === undefined ? undefined : dsnsOf(settings, both, passwordOf),
      replicationPassword: replication,
    };
    this.registerOutputs({ endpoints: this.endpoints });
  }

  /** Makes a role that may see how the server is, and no data. It goes with what it is for. */
  monitoredBy(name: string, password: pulumi.Input<string>): void {
    const { server, inServer } = this.#inside;
    const role = new Role(
      `${this.#name}-role-${name}`,
      { server, name, password, memberOf: ["pg_monitor"] },
      inServer(),
    );
    // An empty database of its own to connect to: whoever gets into `postgres` finds the names of all others there.
    new Database(
      `${this.#name}-database-${name}`,
      { server, name, owner: "postgres", connect: [name] },
      inServer(role),
    );
  }

  #options(own: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
    return childOptions(this, this.#given, own);
  }

  /** A password that the server is started with. It outlives the stack, as the data does. */
  #serverSecret(what: string, generated: string, kept: string, connection: ConnectionArgs): Secret {
    const value = proposal(`${this.#name}-${generated}`, this.#options());
    return new Secret(
      `${this.#name}-${what}-secret`,
      { connection, name: kept, value, existing: "adopt" },
      this.#options({ retainOnDelete: true }),
    );
  }

  /** Image, secret, configuration and the unit that runs with them. */
  #server(
    { node, settings, clients, networks, sshIdentity }: PostgresNodeArgs,
    pair: Replication | undefined,
  ): { unit: Unit; image: Image; secret: Secret; replication: pulumi.Output<string> | undefined } {
    const connection = connectionOf(node, sshIdentity);
    const base = reference(settings.baseImage);
    const image = new Image(
      `${this.#name}-image`,
      {
        connection,
        repository: "localhost/homelab/postgres",
        containerfile: containerfile(base),
      },
      this.#options(),
    );
    const secret = this.#serverSecret("superuser", "superuser", superuserSecret, connection);
    const replicationSecretOn =
      pair === undefined
        ? undefined
        : this.#serverSecret("replication", "replication-password", replicationSecret, connection);
    const conf = configuration(settings, listenOn(node), pair);
    const unit = new Unit(
      `${this.#name}-unit`,
      {
        connection,
        service,
        files: [
          {
            path: "/etc/containers/systemd/postgres.container",
            content: image.reference.apply((built) =>
              postgresQuadlet({ ...settings, image: built, paired: pair !== undefined }),
            ),
          },
          { path: serverProgram, content: script("postgres.sh"), mode: "0755" },
          { path: `${confDirectory}/postgresql.conf`, content: conf.restart },
          { path: `${confDirectory}/reload.conf`, content: conf.reload, onChange: "reload" },
          {
            path: `${confDirectory}/pg_hba.conf`,
            content: hba(clients, networks, pair === undefined ? [] : peerAddresses(pair.peer)),
            onChange: "reload",
          },
          ...(["ready.sh", "auto-conf.sh", "settle.sh"] as const).map((name) => asked(name, confDirectory)),
          asked("10-house.sh", initDirectory),
          ...(pair === undefined ? [] : replicationFiles(pair)),
          postgresWatch(settings.port, 180),
        ],
        // The cluster itself, below this, is readable to its own user alone.
        directories: [{ path: settings.dataDirectory, mode: "0755" }],
        restartOn: {
          image: image.imageId,
          "superuser's password": secret.fingerprint,
          ...(replicationSecretOn === undefined
            ? {}
            : { "replication's password": replicationSecretOn.fingerprint }),
        },
        // The server is the container's first process; on SIGHUP it reads its files again.
        reload: ["/usr/bin/podman", "kill", "--signal", "HUP", containerName],
        mend: inContainer("sh", `${mountedConf}/settle.sh`, String(settings.port)),
        health: {
          exec: inContainer("sh", `${mountedConf}/ready.sh`, String(settings.port)),
          timeoutSeconds: 180,
        },
        keeps: [settings.dataDirectory],
      },
      this.#options({
        dependsOn: [image, secret, ...(replicationSecretOn === undefined ? [] : [replicationSecretOn])],
      }),
    );
    if (pair !== undefined) {
      primaryFence(`${this.#name}-guard`, connection, pair, this.#options({ dependsOn: unit }));
    }
    return { unit, image, secret, replication: replicationSecretOn?.effective };
  }
}

/** A script that is run when it is needed: a change of it touches nothing that runs. */
const asked = (name: Parameters<typeof script>[0], directory: string) => ({
  ...{ path: `${directory}/${name}`, content: script(name), mode: "0755" },
  onChange: "nothing" as const,
});

/** What the server must know of its standby, where there may be one. */
function pairOf({ node, standby, settings: { replica, port, dataDirectory } }: PostgresNodeArgs) {
  if (standby === undefined) return undefined;
  const pair: Replication = {
    ...{ self: node.name, origin: "new", port, dataDirectory },
    synchronous: replica.synchronous,
    peer: { ...peerOf(standby), port: replica.port },
  };
  return pair;
}
