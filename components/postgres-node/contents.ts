import type * as pulumi from "@pulumi/pulumi";
import { Database, Extension, Grant, Role, Schema, type ServerArgs } from "../../provider/sdk/postgres";
import type { PostgresSettings } from "../../services";
import { password } from "../password";

/** A server whose roles and databases are made, and whose they are: all names begin with the component's. */
export interface Inside {
  readonly name: string;
  readonly server: ServerArgs;
  /** Options of what is on the node beside the server, and goes with it. */
  readonly withServer: () => pulumi.CustomResourceOptions;
  /** Options of what lives in the server: it goes with the server, which keeps it in its data. */
  readonly inServer: (...needs: pulumi.Resource[]) => pulumi.CustomResourceOptions;
}

/** Roles by name, and the password of each. */
export interface Roles {
  readonly roles: Readonly<Record<string, Role>>;
  /** Secret. */
  readonly passwordOf: (role: string) => pulumi.Output<string>;
}

/** Makes the roles that the settings name, each after those that it is a member of, with a password of its own. */
export function makeRoles({ name, server, withServer, inServer }: Inside, settings: PostgresSettings): Roles {
  const passwords = mapValues(settings.roles, (_role, role) =>
    password(
      `${name}-role-${role}-password`,
      { connection: server.connection, name: `homelab-postgres-role-${role}` },
      withServer(),
    ),
  );
  const passwordOf = (role: string): pulumi.Output<string> => known(passwords, role);
  const roles: Record<string, Role> = {};
  for (const role of membersLast(settings.roles)) {
    const wanted = known(settings.roles, role);
    roles[role] = new Role(
      `${name}-role-${role}`,
      { server, name: role, password: passwordOf(role), ...wanted, ...adopted(settings, role) },
      inServer(...wanted.memberOf.map((other) => known(roles, other))),
    );
  }
  return { roles, passwordOf };
}

/** Makes the databases that the settings name, with their extensions, schemas and grants. */
export function makeDatabases(
  { name, server, inServer }: Inside,
  settings: PostgresSettings,
  roles: Readonly<Record<string, Role>>,
): void {
  for (const [database, { owner, connect, extensions, schemas, grants }] of Object.entries(
    settings.databases,
  )) {
    const made = new Database(
      `${name}-database-${database}`,
      { server, name: database, owner, connect, ...adopted(settings, database) },
      inServer(...[owner, ...connect].map((role) => known(roles, role))),
    );
    const installed = extensions.map(
      (extension) =>
        new Extension(
          `${name}-extension-${database}-${extension}`,
          { server, database, name: extension },
          inServer(made),
        ),
    );
    const owned = Object.entries(schemas).map(
      ([schema, own]) =>
        new Schema(
          `${name}-schema-${database}-${schema}`,
          { server, database, name: schema, owner: own.owner },
          inServer(made, known(roles, own.owner)),
        ),
    );
    for (const grant of grants) {
      new Grant(
        `${name}-grant-${database}-${grant.schema}-${grant.on}-${grant.role}`,
        { server, database, ...grant },
        inServer(made, ...installed, ...owned),
      );
    }
  }
}

/** What was there before the program, and is named in `adopt`, is taken over. */
export const adopted = ({ adopt }: PostgresSettings, name: string) =>
  adopt.includes(name) ? { adopt: true } : {};

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
