import { escapeLiteral } from "pg";
import { quoted, type Change } from "../../../packages/postgres/converge";

/**
 * Parameters that PostgreSQL keeps as a list of quoted names: one literal would become one name.
 * @see https://github.com/postgres/postgres/blob/master/src/bin/pg_dump/dumputils.c variable_is_guc_list_quote
 */
const lists = new Set([
  "local_preload_libraries",
  "search_path",
  "session_preload_libraries",
  "shared_preload_libraries",
  "temp_tablespaces",
  "unix_socket_directories",
]);

/** `a, "b c"` → `a`, `b c`. Unquoted names are folded to lower case, as PostgreSQL does. */
export function listItems(value: string): string[] {
  return [...value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,"]+))\s*(?:,|$)/g)].map(([, inQuotes, plain]) =>
    inQuotes === undefined ? (plain ?? "").trim().toLowerCase() : inQuotes.replaceAll('""', '"'),
  );
}

const same = (name: string, a: string, b: string) =>
  lists.has(name) ? JSON.stringify(listItems(a)) === JSON.stringify(listItems(b)) : a === b;

const literals = (name: string, value: string) =>
  (lists.has(name) ? listItems(value) : [value]).map((item) => escapeLiteral(item)).join(", ");

/** `custom.name` has two parts, each an identifier. */
const parameter = (name: string) => name.split(".").map(quoted).join(".");

function parsed(entries: readonly string[]): Map<string, string> {
  return new Map(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at).toLowerCase(), entry.slice(at + 1)];
    }),
  );
}

/** How the settings of a role differ from the declared ones; those for a single database are never declared. */
export function settingChanges(
  declared: Readonly<Record<string, string>>,
  found: readonly { database: string | null; entries: readonly string[] }[],
  alter: string,
  subject: string,
): Change[] {
  const everywhere = parsed(found.filter((f) => f.database === null).flatMap((f) => f.entries));
  const changes: Change[] = [];
  for (const [name, value] of Object.entries(declared)) {
    const is = everywhere.get(name);
    if (is !== undefined && same(name, is, value)) continue;
    const now = is === undefined ? "is not set" : `is ${JSON.stringify(is)}`;
    changes.push({
      says: `${subject}: setting ${name} ${now}, declared ${JSON.stringify(value)}`,
      sql: [`${alter} SET ${parameter(name)} = ${literals(name, value)}`],
    });
  }
  for (const name of everywhere.keys()) {
    if (name in declared) continue;
    changes.push({
      says: `${subject}: setting ${name} is set, not declared`,
      sql: [`${alter} RESET ${parameter(name)}`],
    });
  }
  for (const { database, entries } of found) {
    if (database === null) continue;
    changes.push({
      says: `${subject}: has settings of its own in database ${database} (${[...parsed(entries).keys()].join(", ")}), not declared`,
      sql: [`${alter} IN DATABASE ${quoted(database)} RESET ALL`],
    });
  }
  return changes;
}
