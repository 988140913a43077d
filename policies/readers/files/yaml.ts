/** YAML and JSON as texts to values. */
import { CORE_SCHEMA, loadAll, Type, types } from "js-yaml";
import { parseAllDocuments } from "yaml";
import type { CollectionTag, ScalarTag } from "yaml";
import { override, reset } from "./tags";

export type Parsed = { readonly documents: readonly unknown[] } | { readonly error: string };

/** More values than this after aliases are followed is a trick, not a manifest. */
const largest = 500_000;

/** Longer texts are read by the first parser alone. */
const longest = 2_000_000;

/** Deeper than anything that people write. */
const deepest = 500;
const tooDeep = `it is nested deeper than ${deepest} levels`;

const kinds = ["scalar", "sequence", "mapping"] as const;
const schema = CORE_SCHEMA.extend({
  implicit: [types.merge],
  explicit: kinds.flatMap((kind) => [
    new Type("!reset", { kind, construct: reset }),
    new Type("!override", { kind, construct: override }),
  ]),
});

/** The same two tags for the second parser. */
const tags = [
  { tag: "!reset", resolve: () => reset() },
  { tag: "!override", resolve: (text) => text },
  ...(["seq", "map"] as const).flatMap((collection): CollectionTag[] => [
    { tag: "!reset", collection, resolve: () => reset() },
    { tag: "!override", collection, resolve: (node) => override(node.toJSON()) },
  ]),
] satisfies (ScalarTag | CollectionTag)[];

/**
 * Parses all documents of a text. Merge keys are followed. Two parsers share the work: the first is ten times
 * as fast, the second reads what the first refuses though Kubernetes and compose take it (unknown tags such as
 * `!reset`, a key stated twice, of which the last counts). JSON objects one after the other are documents too.
 */
export function parseYaml(text: string): Parsed {
  const clean = text.startsWith("\uFEFF") ? text.slice(1) : text;
  let documents: unknown[];
  try {
    documents = loadAll(clean, undefined, { schema });
  } catch (error) {
    if (error instanceof RangeError || firstLine(error).includes(" exceeded"))
      return { error: refusal(error) };
    const second = clean.length > longest ? undefined : (parseLeniently(clean) ?? jsonValues(clean));
    if (second === undefined) return { error: firstLine(error) };
    documents = second;
  }
  if (mayBeDeep(clean) && isDeep(documents)) return { error: tooDeep };
  // Only what has an anchor can be larger than it is long, and only "{{" can be a template.
  if (!/&|\{\s*\{/.test(clean)) return { documents };
  const { size, hasTemplate } = measured(documents);
  // "{{ .x }}" without quotes is a map with a map as its key, which nobody means.
  if (hasTemplate) return { error: "an unquoted {{ … }} stands where a value should be" };
  if (size > largest) return { error: "its aliases expand to more than can be judged" };
  return { documents };
}

/** False where a text is surely not nested deep: it opens too little, and no line of it stands far in. */
function mayBeDeep(text: string): boolean {
  return text.split(/[[{]/, deepest + 1).length > deepest || new RegExp(`^ {${deepest}}`, "m").test(text);
}

/** True where values are nested too deep; without calling itself, which would be too deep as well. */
function isDeep(documents: readonly unknown[]): boolean {
  const seen = new Set<object>();
  let level: unknown[] = [...documents];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    const below: unknown[] = [];
    for (const value of level) {
      if (typeof value !== "object" || value === null || seen.has(value)) continue;
      seen.add(value);
      for (const item of Object.values(value) as unknown[]) {
        if (typeof item === "object" && item !== null) below.push(item);
      }
    }
    level = below;
  }
  return false;
}

function parseLeniently(text: string): unknown[] | undefined {
  try {
    const documents = parseAllDocuments(text, {
      merge: true,
      uniqueKeys: false,
      customTags: (all) => [...all, ...tags],
      logLevel: "silent",
    });
    if (!Array.isArray(documents)) return [];
    if (documents.some((document) => document.errors.length > 0)) return undefined;
    return documents.map((document) => document.toJS({ maxAliasCount: 10_000 }) as unknown);
  } catch {
    return undefined;
  }
}

/** JSON objects one after the other, as kubectl takes them; undefined where the text is anything else. */
function jsonValues(text: string): unknown[] | undefined {
  const values: unknown[] = [];
  let rest = text.trim();
  try {
    while (rest !== "") {
      if (!rest.startsWith("{")) return undefined;
      const end = endOfObject(rest);
      values.push(JSON.parse(rest.slice(0, end)));
      rest = rest.slice(end).trim();
    }
    return values;
  } catch {
    return undefined;
  }
}

/** Where the object that a text begins with ends: texts within it are skipped, braces counted. */
function endOfObject(text: string): number {
  let depth = 0;
  for (const token of text.matchAll(/"(?:\\.|[^"\\])*"|[{}]/g)) {
    if (token[0] === "{") depth += 1;
    if (token[0] === "}") depth -= 1;
    if (depth === 0) return token.index + token[0].length;
  }
  return text.length;
}

/** What no reader takes, since it would never end. */
function refusal(error: unknown): string {
  const line = firstLine(error);
  return error instanceof RangeError || line.startsWith("nesting") ? tooDeep : line;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

/** Number of values with every alias counted as often as it is used; cycles count as too many. */
function measured(root: unknown): { readonly size: number; readonly hasTemplate: boolean } {
  const sizes = new Map<object, number>();
  const open = new Set<object>();
  let hasTemplate = false;
  const measure = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 1;
    const known = sizes.get(value);
    if (known !== undefined) return known;
    if (open.has(value)) return Infinity;
    open.add(value);
    let size = 1;
    for (const [key, item] of Object.entries(value)) {
      hasTemplate ||= key === "[object Object]";
      size += measure(item);
    }
    open.delete(value);
    sizes.set(value, size);
    return size;
  };
  return { size: measure(root), hasTemplate };
}
