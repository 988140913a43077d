import type { Node } from "../topology";
import { bytesOf, sizeText } from "./sizes";

/** Of settings of a server: what its sizes are. */
interface Sizes {
  readonly sharedBuffers: string;
  readonly effectiveCacheSize: string;
  readonly workMem: string;
  readonly maintenanceWorkMem: string;
  readonly maxWalSize: string;
  readonly minWalSize: string;
  readonly shmSize: string;
}

/** Of settings of storage's server: what is in it. */
interface Contents {
  readonly roles: Readonly<Record<string, { readonly memberOf: readonly string[] }>>;
  readonly databases: Readonly<
    Record<
      string,
      {
        readonly owner: string;
        readonly connect: readonly string[];
        readonly schemas: Readonly<Record<string, { readonly owner: string }>>;
        readonly grants: readonly { readonly role: string }[];
      }
    >
  >;
}

/** What each value may be at most, as a part of the node's memory, and why. */
const memoryLimits = [
  ["sharedBuffers", 1 / 2, "the rest is the system's page cache, which PostgreSQL needs as well"],
  ["effectiveCacheSize", 1, "it is an estimate of what memory can hold"],
  ["maintenanceWorkMem", 1 / 4, "each autovacuum worker may take as much"],
  ["workMem", 1 / 8, "each sort of each connection may take as much"],
  ["shmSize", 1, "it lives in memory"],
] as const;

const fractions = new Map<number, string>([
  [1, "all"],
  [1 / 2, "half"],
  [1 / 4, "a quarter"],
  [1 / 8, "an eighth"],
]);

/** Sizes that do not fit the node. @param at where they stand in the configuration */
export function memoryProblems(settings: Sizes, node: Node, at: string): string[] {
  const found: string[] = [];
  for (const [key, part, why] of memoryLimits) {
    const most = Math.floor(node.memoryBytes * part);
    if (bytesOf(settings[key]) > most) {
      found.push(
        `${at}.${key} is "${settings[key]}": it must be at most ${sizeText(most)}, ` +
          `${fractions.get(part) ?? ""} of ${node.name}'s memory (${sizeText(node.memoryBytes)}): ${why}.`,
      );
    }
  }
  if (bytesOf(settings.minWalSize) > bytesOf(settings.maxWalSize)) {
    found.push(
      `${at}.minWalSize is "${settings.minWalSize}": it must be at most maxWalSize ("${settings.maxWalSize}").`,
    );
  }
  return found;
}

/** Roles that are named and not declared. */
export function ownershipProblems({ roles, databases }: Contents): string[] {
  const known = Object.keys(roles);
  const found: string[] = [];
  const mustBeRole = (key: string, name: string) => {
    if (known.includes(name)) return;
    found.push(
      `homelab:postgres.${key} is "${name}": it must be one of homelab:postgres.roles (${known.join(", ")}).`,
    );
  };
  for (const [name, role] of Object.entries(roles)) {
    role.memberOf.forEach((other, i) => {
      mustBeRole(`roles.${name}.memberOf.${i}`, other);
    });
    if (leadsBack(name, roles)) {
      found.push(
        `homelab:postgres.roles.${name}.memberOf leads back to ${name}: a role cannot be a member of itself.`,
      );
    }
  }
  for (const [name, database] of Object.entries(databases)) {
    const at = `databases.${name}`;
    mustBeRole(`${at}.owner`, database.owner);
    database.connect.forEach((role, i) => {
      mustBeRole(`${at}.connect.${i}`, role);
    });
    const mustConnect = (key: string, role: string, use: string) => {
      mustBeRole(key, role);
      if (role === database.owner || database.connect.includes(role)) return;
      found.push(
        `homelab:postgres.${key} is "${role}": it must be in homelab:postgres.${at}.connect too, or the ${use} is of no use.`,
      );
    };
    for (const [schema, { owner }] of Object.entries(database.schemas))
      mustConnect(`${at}.schemas.${schema}.owner`, owner, "schema");
    database.grants.forEach(({ role }, i) => {
      mustConnect(`${at}.grants.${i}.role`, role, "grant");
    });
  }
  return found;
}

function leadsBack(start: string, roles: Contents["roles"]): boolean {
  const seen = new Set<string>();
  const open = [...(roles[start]?.memberOf ?? [])];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === start) return true;
    if (!seen.has(name)) open.push(...(roles[name]?.memberOf ?? []));
    seen.add(name);
  }
  return false;
}
