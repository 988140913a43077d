import { z } from "zod";
import { migrationName, usualWorkDirectory } from "../packages/migration/names";
import { nodeNames } from "../topology";
import { dataDirectory, identifier, port, strict } from "../services";
import type { PostgresSettings } from "../services";

/** A PostgreSQL that databases are moved from; it is only read. */
const source = strict({
  host: z
    .string()
    .min(1, "must be a host")
    .default("127.0.0.1")
    .describe("the server to move from, as `via` reaches it, or storage itself"),
  port: port.default(5432).describe("its TCP port"),
  user: z
    .string()
    .min(1, "must be a role of the source")
    .default("postgres")
    .describe("a role that may read all of it"),
  password: z
    .string({ error: "must be a text" })
    .min(1, "must be a text")
    .describe("that role's password: `pulumi config set --secret --path`"),
});

const migration = strict({
  source,
  via: z
    .union([z.literal(""), z.enum(nodeNames)], { error: `must be one of ${nodeNames.join(", ")}` })
    .default("")
    .describe("the node through which it is reached by SSH; without, storage reaches it itself, unencrypted"),
  databases: z
    .record(z.string().min(1, "must not be empty"), identifier)
    .refine((databases) => Object.keys(databases).length > 0, "must name at least one database")
    .describe(
      "names on storage by the source's: `{ Old Shop: shop }`; each must be in `homelab:postgres.databases` and empty",
    ),
  owners: z
    .record(z.string().min(1, "must not be empty"), identifier)
    .default({})
    .describe(
      "who owns on storage what a role owns in the source, where it is not the role of the same name or the database's owner",
    ),
  workDirectory: dataDirectory
    .default(usualWorkDirectory)
    .describe("directory on storage for the dump, below /srv, /var/lib, /mnt, /data or /home"),
});

/** `homelab:migrations` on storage: databases of other servers that are moved to its own, each once. */
export const migrationsSchema = z.record(
  z
    .string()
    .regex(
      migrationName,
      "must be small letters, digits and -, 32 at most, beginning and ending with a letter or digit",
    ),
  migration,
);

export type MigrationsSettings = z.output<typeof migrationsSchema>;

/** What the schema cannot see: where the databases go must be declared, each for one migration. */
export function migrationProblems(
  migrations: MigrationsSettings,
  { databases, roles }: PostgresSettings,
): string[] {
  const takenBy = new Map<string, string>();
  const found: string[] = [];
  for (const [name, { databases: pairs, owners }] of Object.entries(migrations)) {
    const at = `homelab:migrations.${name}`;
    for (const [from, to] of Object.entries(pairs)) {
      const key = `${at}.databases.${from}`;
      if (!Object.hasOwn(databases, to))
        found.push(
          `${key} is "${to}": it must be one of homelab:postgres.databases (${Object.keys(databases).join(", ")}).`,
        );
      const other = takenBy.get(to);
      if (other === undefined) takenBy.set(to, key);
      else found.push(`${key} is "${to}": ${other} goes there already; each needs its own.`);
    }
    for (const [from, to] of Object.entries(owners)) {
      if (!Object.hasOwn(roles, to))
        found.push(
          `${at}.owners.${from} is "${to}": it must be one of homelab:postgres.roles (${Object.keys(roles).join(", ")}).`,
        );
    }
  }
  return found;
}
