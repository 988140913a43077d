import { escapeLiteral } from "pg";
import { quoted } from "./converge";

/** For as long as an extension's script runs; nobody but the superuser may put anything in it. */
const apart = "homelab extension";

/**
 * An extension's script runs as the superuser and finds by name what is in the extension's schema: in one that somebody else
 * may create in, that person's functions and operators in the place of its own. So it runs in a schema of its own, and the
 * extension moves.
 */
const aside = (name: string, to: string, statement: string) => [
  `CREATE SCHEMA ${quoted(apart)}`,
  statement,
  `ALTER EXTENSION ${name} SET SCHEMA ${quoted(to)}`,
  `DROP SCHEMA ${quoted(apart)}`,
];

/** @param relocatable whether every version of it can be in any schema, and be moved. */
export function createExtension(
  extension: string,
  schema: string,
  { relocatable, version }: { readonly relocatable: boolean; readonly version?: string | undefined },
): string[] {
  const name = quoted(extension);
  const at = version === undefined ? "" : ` VERSION ${escapeLiteral(version)}`;
  const create = (where: string) => `CREATE EXTENSION ${name} WITH SCHEMA ${quoted(where)}${at}`;
  return relocatable ? aside(name, schema, create(apart)) : [create(schema)];
}

/** @param relocatable as it is installed, and in every version. */
export function updateExtension(
  extension: string,
  schema: string,
  { relocatable, version }: { readonly relocatable: boolean; readonly version: string },
): string[] {
  const name = quoted(extension);
  const update = `ALTER EXTENSION ${name} UPDATE TO ${escapeLiteral(version)}`;
  const [first = "", ...rest] = aside(name, schema, update);
  return relocatable ? [first, `ALTER EXTENSION ${name} SET SCHEMA ${quoted(apart)}`, ...rest] : [update];
}
