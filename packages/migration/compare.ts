import type { Fingerprint, Sequences } from "./fingerprint";

/** One line of the table of results: how many of a kind were compared, and which of them differ. */
export interface Compared {
  readonly what: string;
  readonly count: number;
  /** A sentence each. */
  readonly differences: readonly string[];
}

export interface Expectation {
  /** The target's owner for each object of the source, by the plan. */
  readonly ownerOf: (owner: string) => string;
  /** Where sequences stood after the dump: they go on whatever the snapshot, so a value in between is right. */
  readonly sequencesAfter?: Sequences;
}

const keys = (a: object, b: object) => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();

/** Everything in which the target is not what the source was, by kind. */
export function compare(source: Fingerprint, target: Fingerprint, expected: Expectation): Compared[] {
  return [
    compareTables(source, target),
    compareSequences(source.sequences, target.sequences, expected.sequencesAfter ?? source.sequences),
    compareLargeObjects(source.largeObjects, target.largeObjects),
    ...compareShapes(source.shapes, target.shapes),
    compareOwners(source.owners, target.owners, expected.ownerOf),
  ];
}

export const differences = (compared: readonly Compared[]) => compared.flatMap((one) => one.differences);

function compareTables({ tables: source }: Fingerprint, { tables: target }: Fingerprint): Compared {
  const found: string[] = [];
  for (const name of keys(source, target)) {
    const [was, is] = [source[name], target[name]];
    if (is === undefined) found.push(`table ${name} is missing (${was?.rows ?? "0"} rows)`);
    else if (was === undefined) found.push(`table ${name} is not in the source (${is.rows} rows)`);
    else if (was.rows !== is.rows) found.push(`table ${name} has ${is.rows} rows, the source ${was.rows}`);
    else if (was.hash !== is.hash) found.push(`table ${name}: other contents in ${was.rows} rows (checksum)`);
  }
  const rows = Object.values(target).reduce((sum, table) => sum + Number(table.rows), 0);
  return {
    what: `tables (${rows} rows)`,
    count: Object.keys(source).length,
    differences: found,
  };
}

function compareSequences(before: Sequences, target: Sequences, after: Sequences): Compared {
  const found: string[] = [];
  for (const name of keys(before, target)) {
    const [was, is, then] = [before[name], target[name], after[name]];
    if (was === undefined || is === undefined) {
      found.push(`sequence ${name} is ${is === undefined ? "missing" : "not in the source"}`);
    } else if (was.shape !== is.shape) {
      found.push(`sequence ${name} is made as ${is.shape}, in the source as ${was.shape}`);
    } else if (!between(was, is, then ?? was)) {
      found.push(`sequence ${name} is at ${standing(is)}, the source at ${standing(was)}`);
    }
  }
  return { what: "sequences", count: Object.keys(before).length, differences: found };
}

type Standing = Sequences[string];
const standing = ({ value, called }: Standing) => `${value}${called ? "" : " (not yet used)"}`;

function between(low: Standing, is: Standing, high: Standing): boolean {
  const same = (other: Standing) => is.value === other.value && is.called === other.called;
  if (same(low) || same(high)) return true;
  if (low.value === high.value) return false;
  const [a, b, c] = [BigInt(low.value), BigInt(is.value), BigInt(high.value)];
  return a < c ? a <= b && b <= c : c <= b && b <= a;
}

function compareLargeObjects(
  source: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>>,
): Compared {
  const found = keys(source, target).flatMap((oid) => {
    if (source[oid] === target[oid]) return [];
    if (target[oid] === undefined) return [`large object ${oid} is missing`];
    return [
      source[oid] === undefined ? `large object ${oid} is not in the source` : `large object ${oid} differs`,
    ];
  });
  return { what: "large objects", count: Object.keys(source).length, differences: found };
}

/** What is not moved: the plan says so. */
const notMoved = "event trigger ";
/** Kinds of which the target may have more than the source: its own, declared ones. */
const mayHaveMore = /^(extension|schema) /;

function compareShapes(
  source: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>>,
): Compared[] {
  const kinds = new Map<string, { count: number; found: string[] }>();
  for (const name of keys(source, target)) {
    const kind = kindOf(name);
    const { count, found } = kinds.get(kind) ?? { count: 0, found: [] };
    const [was, is] = [source[name], target[name]];
    if (is === undefined) {
      if (name.startsWith(notMoved)) continue;
      found.push(`${name} is missing`);
    } else if (was === undefined) {
      if (!mayHaveMore.test(name)) found.push(`${name} is not in the source`);
    } else if (was !== is) found.push(`${name}: ${is || "plain"}; in the source: ${was || "plain"}`);
    // What counts on the target, whatever the source has.
    else if (kind === "index" && is.includes(" not valid"))
      found.push(`${name} is not valid, as in the source`);
    kinds.set(kind, { count: count + (was === undefined ? 0 : 1), found });
  }
  return [...kinds].map(([kind, { count, found }]) => ({
    what: plural[kind] ?? kind,
    count,
    differences: found,
  }));
}

const plural: Readonly<Record<string, string>> = {
  schema: "schemas",
  table: "tables' columns",
  view: "views",
  "materialized view": "materialized views",
  "foreign table": "foreign tables",
  index: "indexes, valid",
  constraint: "constraints, validated",
  trigger: "triggers",
  policy: "policies",
  function: "functions",
  type: "types",
  "event trigger": "event triggers",
  publication: "publications",
  extension: "extensions",
};

const twoWords = /^(materialized view|foreign table|event trigger) /;
const kindOf = (name: string) => twoWords.exec(name)?.[1] ?? name.slice(0, name.indexOf(" "));

function compareOwners(
  source: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>>,
  ownerOf: (owner: string) => string,
): Compared {
  // What is missing is told by its own kind.
  const both = Object.keys(source).filter((object) => target[object] !== undefined);
  const found = both.flatMap((object) => {
    const wanted = ownerOf(source[object] ?? "");
    return target[object] === wanted
      ? []
      : [`${object.toLowerCase()} is owned by ${target[object] ?? ""}, planned ${wanted}`];
  });
  return { what: "owners as planned", count: both.length, differences: found };
}
