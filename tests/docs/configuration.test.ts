import { describe, expect, it } from "vitest";
import { z } from "zod";
import { services } from "../../services";
import { loadSettings, migrationsSchema, SettingsError } from "../../settings";
import { loadTopology, nodeNames } from "../../topology";
import { topologySchema } from "../../topology/schema";
import { parse } from "yaml";
import { blocks, read, root, rows } from "./markdown";

/** The part of a JSON schema that tells of keys and defaults. */
interface Shape {
  properties?: Record<string, Shape>;
  additionalProperties?: Shape | boolean;
  items?: Shape;
  default?: unknown;
}

const shapeOf = (schema: z.ZodType): Shape =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Shape;

/** Every key below a schema, with its default: `undefined` where it must be given. */
function keys(shape: Shape, at: string): [key: string, byDefault: unknown][] {
  const below: [string, Shape][] = Object.entries(shape.properties ?? {});
  const more = shape.additionalProperties;
  const found = below.flatMap(([name, inner]): [string, unknown][] => [
    ...(inner.properties === undefined ? [[`${at}${name}`, inner.default] as [string, unknown]] : []),
    ...keys(inner, `${at}${name}.`),
  ]);
  if (typeof more === "object") found.push(...keys(more, `${at}NAME.`));
  if (shape.items !== undefined) found.push(...keys(shape.items, `${at}….`));
  return found;
}

/** Keys that a stack knows, by its own words: a misspelt one is refused with the list. */
function stackKeys(stack: "storage" | "desktop" | "compute"): string[] {
  try {
    loadSettings(stack, { "homelab:none": "" });
  } catch (error) {
    if (error instanceof SettingsError)
      return (/known here: (.+)\.$/.exec(error.message)?.[1] ?? "").split(", ");
    throw error;
  }
  return [];
}

const page = read("docs/configuration.md");
/** Key → default, as the tables say. */
const documented = new Map(
  rows(page)
    .filter(([key]) => key?.startsWith("`") === true)
    .map(([key = "", , byDefault = ""]) => [key.replaceAll("`", ""), byDefault.replaceAll("`", "")]),
);

const fromSchemas = new Map<string, unknown>([
  ...Object.values(services)
    .filter(({ key }) => !key.includes("."))
    .flatMap(({ key, settings }) => keys(shapeOf(settings), `homelab:${key}.`)),
  ...keys(shapeOf(migrationsSchema), "homelab:migrations."),
  ...nodeNames.flatMap((name) =>
    keys(shapeOf(topologySchema), "")
      .filter(([key]) => key.startsWith(`nodes.${name}.`))
      .map(([key, byDefault]): [string, unknown] => [key.replace(name, "NODE"), byDefault]),
  ),
  ...keys(shapeOf(topologySchema), "").filter(([key]) => !key.startsWith("nodes.")),
]);

/** Keys without a default that need not be there. */
const optional = [
  "nodes.NODE.mac",
  "homelab:k3s.imageArchives",
  ...["homelab:logs.image", "homelab:logs.port", "homelab:logs.dataDirectory", "homelab:logShipping.port"],
  "homelab:grafana.postgres.role",
  ...["image", "user", "memory", "health", "ports.NAME.output", "ports.NAME.metrics"].map(
    (key) => `homelab:workloads.NAME.${key}`,
  ),
];

describe("docs/configuration.md", () => {
  it("lists every key of the schemas and no other", () => {
    const common = ["homelab:topology", "homelab:sshIdentity"];
    expect([...documented.keys()].sort()).toEqual([...common, ...fromSchemas.keys()].sort());
  });

  it("lists no key twice", () => {
    const keys = rows(page).flatMap(([key = ""]) => (key.startsWith("`") ? [key] : []));
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
  });

  it("lists the keys that every stack has, and storage's own", () => {
    const common = ["topology", "sshIdentity"];
    expect(stackKeys("desktop").sort()).toEqual(
      [
        ...common,
        "alerts",
        "backup",
        "grafana",
        "k3s",
        "logShipping",
        "metrics",
        "nats",
        "power",
        "replica",
        "workloads",
      ].sort(),
    );
    expect(stackKeys("compute").sort()).toEqual(
      [...common, "backup", "compute", "k3s", "logShipping", "metrics", "power", "workloads"].sort(),
    );
    const own = [
      "alerts",
      "backup",
      "k3s",
      "logShipping",
      "logs",
      "metrics",
      "migrations",
      "minio",
      "nats",
      "postgres",
      "postgresExporter",
      "power",
      "prometheus",
      "workloads",
    ];
    expect(stackKeys("storage").sort()).toEqual([...common, ...own].sort());
  });

  it.each([...fromSchemas])("says the default of %s", (key, byDefault) => {
    const said = documented.get(key);
    // Roles, databases, buckets and users stand in the examples below the tables; see the next test.
    if (said === "see below") expect(Object.keys(byDefault as object).length).toBeGreaterThan(0);
    else if (byDefault === undefined) expect(said).toBe(optional.includes(key) ? "none" : "must be given");
    else expect(said).toBe(typeof byDefault === "string" ? byDefault : JSON.stringify(byDefault));
  });

  it("says the default of homelab:topology", () => {
    expect(documented.get("homelab:topology")).toBe(loadSettings("desktop", {}).topology);
  });

  const examples = blocks(page)
    .filter(({ language }) => language === "yaml")
    .map(({ text }) => parse(text) as { config: Record<string, object> });

  it("shows examples that are accepted", () => {
    expect(examples).toHaveLength(2);
    for (const { config } of examples) {
      const all = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
      expect(() => loadSettings("storage", Object.fromEntries(all) as Record<string, string>)).not.toThrow();
    }
  });

  it.each([
    ["homelab:postgres", "roles"],
    ["homelab:postgres", "databases"],
    ["homelab:minio", "buckets"],
    ["homelab:minio", "users"],
  ])("shows the default of %s.%s, and what is added to it", (top, key) => {
    const shown = examples
      .flatMap(({ config }) => Object.entries(config))
      .find(([name]) => name === top)?.[1];
    const entries = (shown as Record<string, Record<string, object>>)[key] ?? {};
    expect(entries).toMatchObject(fromSchemas.get(`${top}.${key}`) as object);
  });
});

describe("tests/fixtures/topology.yaml", () => {
  it("is a valid topology whose nodes are on this computer's own loopback", () => {
    const { nodes } = loadTopology(`${root}/tests/fixtures/topology.yaml`);
    for (const { address } of Object.values(nodes)) expect(address).toMatch(/^127\./);
  });
});
