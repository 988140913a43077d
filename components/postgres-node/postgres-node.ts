import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Database, Extension, Grant, Role, type ServerArgs } from "../../provider/sdk/postgres";
import { Image, Secret, Unit } from "../../provider/sdk/remote";
import type { PostgresSettings } from "../../settings";
import { connectionOf, requireAlwaysOn, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { reference } from "../images/reference";
import { persistentOn } from "../placement";
import { configuration } from "./conf";
import { containerfile } from "./containerfile";
import { dsn } from "./dsn";
import { hba } from "./hba";
import {
  confDirectory,
  containerName,
  inContainer,
  initDirectory,
  mountedConf,
  service,
  superuserSecret,
} from "./layout";
import { postgresQuadlet } from "./quadlet";
import { script } from "./scripts";

export interface PostgresNodeArgs {
  /** Where it runs. It keeps data, so an on-demand node does not compile. */
  node: Node<"always-on">;
  settings: PostgresSettings;
  /** Addresses that may connect: IPv4 or IPv6. */
  clients: readonly string[];
  /** Networks that may connect: that of the cluster's pods, which on this node come with their own addresses. @default none */
  networks?: readonly string[];
  /** Path of the private key for SSH. @default the SSH agent is asked */
  identity: string | undefined;
}

/** How to reach the server and its databases. Whatever holds a password is a secret. */
export interface PostgresEndpoints {
  readonly host: string;
  readonly port: number;
  /** Connection strings by role, then by database: for each that the role may connect to. */
  readonly dsns: Readonly<Record<string, Readonly<Record<string, pulumi.Output<string>>>>>;
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
  readonly #name: string;
  readonly #given: pulumi.ComponentResourceOptions | undefined;

  constructor(name: string, args: PostgresNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const { settings } = args;
    // The types say so already; a program that goes around them is stopped here.
    const node = requireAlwaysOn(args.node, "PostgresNode");
    const placement = persistentOn(node, [settings.dataDirectory]);
    super("homelab:index:PostgresNode", name, { placement }, opts);
    this.#name = name;
    this.#given = opts;

    const superuser = this.#password("superuser");
    const { unit, image, secret } = this.#server(args, superuser);
    this.unit = unit;
    this.image = image.reference;
    this.superuserFingerprint = secret.fingerprint;
    const server: ServerArgs = {
      connection: connectionOf(node, args.identity),
      port: settings.port,
      user: "postgres",
      password: superuser,
    };
    const passwords = this.#roles(server, settings);
    const roles = passwords.roles;
    this.#databases(server, settings, roles);

    const at = { host: node.address, port: settings.port };
    const dsns = mapValues(settings.roles, (_role, role) =>
      Object.fromEntries(
        databasesOf(role, settings).map((database) => [
          database,
          dsn({ ...at, role, database, password: passwords.of(role) }),
        ]),
      ),
    );
    this.endpoints = { ...at, dsns };
    this.registerOutputs({ endpoints: this.endpoints });
  }

  #options(own: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions {
    return childOptions(this, this.#given, own);
  }

  #password(what: string): pulumi.Output<string> {
    const { result } = new random.RandomPassword(
      `${this.#name}-${what}`,
      // Letters and digits only: the same text in a connection string, a file and a statement.
      { length: 40, special: false },
      this.#options(),
    );
    return pulumi.secret(result);
  }

  /** Image, secret, configuration and the unit that runs with them. */
  #server(
    { node, settings, clients, networks, identity }: PostgresNodeArgs,
    superuser: pulumi.Output<string>,
  ): { unit: Unit; image: Image; secret: Secret } {
    const connection = connectionOf(node, identity);
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
    const secret = new Secret(
      `${this.#name}-superuser-secret`,
      { connection, name: superuserSecret, value: superuser },
      this.#options(),
    );
    const conf = configuration(settings, node.address);
    const unit = new Unit(
      `${this.#name}-unit`,
      {
        connection,
        service,
        files: [
          {
            path: "/etc/containers/systemd/postgres.container",
            content: image.reference.apply((built) => postgresQuadlet(settings, built)),
          },
          { path: `${confDirectory}/postgresql.conf`, content: conf.restart },
          { path: `${confDirectory}/reload.conf`, content: conf.reload, onChange: "reload" },
          { path: `${confDirectory}/pg_hba.conf`, content: hba(clients, networks), onChange: "reload" },
          {
            path: `${confDirectory}/ready.sh`,
            content: script("ready.sh"),
            mode: "0755",
            onChange: "nothing",
          },
          {
            path: `${confDirectory}/settle.sh`,
            content: script("settle.sh"),
            mode: "0755",
            onChange: "nothing",
          },
          {
            path: `${initDirectory}/10-house.sh`,
            content: script("10-house.sh"),
            mode: "0755",
            onChange: "nothing",
          },
        ],
        // The cluster itself, below this, is readable to its own user alone.
        directories: [{ path: settings.dataDirectory, mode: "0755" }],
        restartOn: { image: image.imageId, "superuser's password": secret.fingerprint },
        // The server is the container's first process; on SIGHUP it reads its files again.
        reload: ["/usr/bin/podman", "kill", "--signal", "HUP", containerName],
        health: {
          exec: inContainer("sh", `${mountedConf}/ready.sh`, String(settings.port)),
          timeoutSeconds: 180,
        },
        keeps: [settings.dataDirectory],
      },
      this.#options({ dependsOn: [image, secret] }),
    );
    return { unit, image, secret };
  }

  /** Options of what lives in the server: it goes with the server, which keeps it in its data. */
  #inServer(...needs: pulumi.Resource[]): pulumi.CustomResourceOptions {
    return this.#options({ dependsOn: [this.unit, ...needs], deletedWith: this.unit });
  }

  #roles(server: ServerArgs, settings: PostgresSettings) {
    const passwords = mapValues(settings.roles, (_role, role) => this.#password(`role-${role}-password`));
    const of = (role: string): pulumi.Output<string> => known(passwords, role);
    const roles: Record<string, Role> = {};
    for (const role of membersLast(settings.roles)) {
      const wanted = known(settings.roles, role);
      roles[role] = new Role(
        `${this.#name}-role-${role}`,
        { server, name: role, password: of(role), ...wanted },
        this.#inServer(...wanted.memberOf.map((other) => known(roles, other))),
      );
    }
    return { roles, of };
  }

  #databases(server: ServerArgs, settings: PostgresSettings, roles: Readonly<Record<string, Role>>): void {
    for (const [database, { owner, connect, extensions, grants }] of Object.entries(settings.databases)) {
      const made = new Database(
        `${this.#name}-database-${database}`,
        { server, name: database, owner, connect },
        this.#inServer(...[owner, ...connect].map((role) => known(roles, role))),
      );
      const installed = extensions.map(
        (extension) =>
          new Extension(
            `${this.#name}-extension-${database}-${extension}`,
            { server, database, name: extension },
            this.#inServer(made),
          ),
      );
      for (const grant of grants) {
        new Grant(
          `${this.#name}-grant-${database}-${grant.schema}-${grant.on}-${grant.role}`,
          { server, database, ...grant },
          this.#inServer(made, ...installed),
        );
      }
    }
  }
}

/** Databases that a role may connect to: its own, those that name it, and all for a superuser. */
function databasesOf(role: string, { roles, databases }: PostgresSettings): string[] {
  return Object.entries(databases)
    .filter(
      ([, { owner, connect }]) => roles[role]?.superuser === true || owner === role || connect.includes(role),
    )
    .map(([database]) => database);
}

function mapValues<A, B>(
  from: Readonly<Record<string, A>>,
  to: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, to(value, key)]));
}

function known<T>(from: Readonly<Record<string, T>>, key: string): T {
  const found = from[key];
  if (found === undefined) throw new Error(`homelab:postgres.roles has no ${key}: check the settings first.`);
  return found;
}

/** Roles in an order in which each comes after those that it is a member of. */
function membersLast(roles: PostgresSettings["roles"]): string[] {
  const ordered = new Set<string>();
  const visit = (role: string): void => {
    if (ordered.has(role)) return;
    for (const other of known(roles, role).memberOf) visit(other);
    ordered.add(role);
  };
  for (const role of Object.keys(roles)) visit(role);
  return [...ordered];
}
