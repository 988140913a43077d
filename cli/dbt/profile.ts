import { stringify } from "yaml";
import type { StorageSettings } from "../../settings";
import { houseAddress, type Topology } from "../../topology";

/** What a person chose. */
export interface ProfileChoice {
  readonly role: string;
  readonly database: string;
  /** @default the only schema in the database that the role owns */
  readonly schema?: string | undefined;
  /** As `profile:` in dbt_project.yml names it. */
  readonly name: string;
  readonly threads: number;
}

/** The variable that dbt hides in its logs, because of how its name begins. @see https://docs.getdbt.com/reference/dbt-jinja-functions/env_var */
const passwordVariable = "DBT_ENV_SECRET_POSTGRES_PASSWORD";

/**
 * A profiles.yml for dbt-postgres, without the password: it comes from the environment; where the variable is not set,
 * libpq looks for it as it always does, in PGPASSFILE or ~/.pgpass.
 * @throws Error with a sentence, where the stack file does not let the role in, or gives it no schema
 * @see https://docs.getdbt.com/docs/core/connect-data-platform/postgres-setup
 */
export function profileText(
  { role, database, schema, name, threads }: ProfileChoice,
  { postgres }: Pick<StorageSettings, "postgres">,
  { nodes: { storage } }: Topology,
): string {
  const declared = postgres.databases[database];
  if (declared === undefined)
    throw new Error(
      `homelab:postgres.databases has no ${database}: it has ${Object.keys(postgres.databases).join(", ")}.`,
    );
  if (postgres.roles[role] === undefined)
    throw new Error(
      `homelab:postgres.roles has no ${role}: it has ${Object.keys(postgres.roles).join(", ")}.`,
    );
  if (postgres.roles[role].superuser)
    throw new Error(
      `${role} is a superuser: whatever others have put into ${database} would run with its rights when dbt asks for it. Choose a role that is none.`,
    );
  if (role !== declared.owner && !declared.connect.includes(role))
    throw new Error(
      `${role} may not connect to ${database}: add it to homelab:postgres.databases.${database}.connect.`,
    );
  const target = {
    type: "postgres",
    host: houseAddress(storage),
    port: postgres.port,
    user: role,
    password: `{{ env_var('${passwordVariable}', '') }}`,
    dbname: database,
    schema: schema ?? ownSchema(role, database, declared.schemas),
    threads,
    connect_timeout: 10,
    retries: 3,
    keepalives_idle: 30,
  };
  return (
    `# Holds no password: dbt takes it from ${passwordVariable}, else libpq from PGPASSFILE or ~/.pgpass.\n` +
    stringify({ [name]: { target: "storage", outputs: { storage: target } } }, { lineWidth: 0 })
  );
}

function ownSchema(
  role: string,
  database: string,
  schemas: Readonly<Record<string, { readonly owner: string }>>,
): string {
  const own = Object.entries(schemas)
    .filter(([, { owner }]) => owner === role)
    .map(([schema]) => schema);
  const [only, ...others] = own;
  if (only !== undefined && others.length === 0) return only;
  throw new Error(
    only === undefined
      ? `${role} owns no schema in ${database}: declare one, homelab:postgres.databases.${database}.schemas: { analytics: { owner: ${role} } }, or name another by --schema.`
      : `${role} owns several schemas in ${database} (${own.join(", ")}): name one by --schema.`,
  );
}
