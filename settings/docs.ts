import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { services, type Services } from "../services";
import { topologySchema } from "../topology";
import { common } from "./load";
import { migrationsSchema } from "./migration";

/**
 * The tables of docs/configuration.md, made of the schemas: `npm run docs:configuration` writes what each key means and its
 * default. Which table a key stands in is the page's; a new one comes after its neighbour in the schema.
 */
const path = join(__dirname, "../docs/configuration.md");

/** A key of the configuration, as people read it. */
export interface Key {
  /** `NAME` stands for the name of an entry, `…` for an entry of a list, `NODE` for one of the three nodes. */
  readonly key: string;
  readonly meaning: string;
  /** @default undefined: there is none */
  readonly byDefault: unknown;
  readonly required: boolean;
}

/** The part of a JSON schema that tells of keys and defaults. */
interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly description?: string;
  readonly default?: unknown;
}

const shapeOf = (schema: z.ZodType): Shape =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Shape;

function keysBelow(shape: Shape, at: string): Key[] {
  const own = Object.entries(shape.properties ?? {}).flatMap(([name, inner]): Key[] => [
    ...(inner.properties === undefined
      ? [
          {
            key: `${at}${name}`,
            meaning: inner.description ?? "",
            byDefault: inner.default,
            required: shape.required?.includes(name) === true,
          },
        ]
      : []),
    ...keysBelow(inner, `${at}${name}.`),
  ]);
  const more = shape.additionalProperties;
  return [
    ...own,
    ...(typeof more === "object" ? keysBelow(more, `${at}NAME.`) : []),
    ...(shape.items === undefined ? [] : keysBelow(shape.items, `${at}….`)),
  ];
}

/** Every key of every stack and of the topology, in the order of the schemas. */
export function configurationKeys(all: Services = services): Key[] {
  const found = [
    ...keysBelow(shapeOf(z.strictObject(common)), "homelab:"),
    ...Object.values(all)
      .filter(({ key }) => !key.includes("."))
      .flatMap(({ key, settings }) => keysBelow(shapeOf(settings), `homelab:${key}.`)),
    ...keysBelow(shapeOf(migrationsSchema), "homelab:migrations."),
    ...keysBelow(shapeOf(topologySchema), "").map((one) => ({
      ...one,
      key: one.key.replace(/^nodes\.(storage|desktop|compute)\./, "nodes.NODE."),
    })),
  ];
  const seen = new Set<string>();
  return found.filter(({ key }) => !seen.has(key) && seen.add(key));
}

/** Maps whose defaults stand in the examples below their table. */
const inExamples = ["postgres.roles", "postgres.databases", "minio.buckets", "minio.users"].map(
  (key) => `homelab:${key}`,
);

function shown({ key, byDefault, required }: Key): string {
  if (inExamples.includes(key)) return "see below";
  if (byDefault === undefined) return required ? "must be given" : "none";
  if (byDefault === "") return "";
  return `\`${typeof byDefault === "string" ? byDefault : JSON.stringify(byDefault)}\``;
}

const row = (one: Key) => `| \`${one.key}\` | ${one.meaning.replaceAll("|", "\\|")} | ${shown(one)} |`;
const keyIn = (line: string) => /^\| `([^`]+)`/.exec(line)?.[1];

/** The page with its tables as the schemas are. @throws Error for a key that no section of the page could hold */
export function configurationPage(page: string, keys: readonly Key[] = configurationKeys()): string {
  const lines = page.split("\n");
  const there = new Set(lines.flatMap((line) => keyIn(line) ?? []));
  const after = new Map<string, Key[]>();
  keys.forEach((one, at) => {
    if (there.has(one.key)) return;
    const neighbour = keys
      .slice(0, at)
      .map(({ key }) => key)
      .findLast((key) => there.has(key) && key.split(".")[0] === one.key.split(".")[0]);
    if (neighbour === undefined) throw new Error(`docs/configuration.md has no table for ${one.key}.`);
    after.set(neighbour, [...(after.get(neighbour) ?? []), one]);
  });
  const known = new Map(keys.map((one) => [one.key, one]));
  return lines
    .flatMap((line) => {
      const key = keyIn(line);
      if (key === undefined) return [line];
      const one = known.get(key);
      return [...(one === undefined ? [] : [row(one)]), ...(after.get(key) ?? []).map(row)];
    })
    .join("\n");
}

async function formatted(): Promise<string> {
  const { format } = await import("prettier");
  return format(configurationPage(readFileSync(path, "utf8")), { parser: "markdown" });
}

/** Whether the page says what the schemas say. */
export const isCurrent = async (): Promise<boolean> => (await formatted()) === readFileSync(path, "utf8");

if (require.main === module)
  void formatted().then((text) => {
    writeFileSync(path, text);
  });
