import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadSettings } from "../../settings";
import { configurationKeys, configurationPage, isCurrent } from "../../settings/docs";
import { loadTopology } from "../../topology";
import { blocks, read, root, rows } from "./markdown";

const page = read("docs/configuration.md");
const keys = configurationKeys();
const listed = rows(page).flatMap(([key = ""]) => (key.startsWith("`") ? [key.replaceAll("`", "")] : []));

describe("docs/configuration.md", () => {
  it("is as `npm run docs:configuration` writes it", async () => {
    expect(await isCurrent()).toBe(true);
  });

  it("lists every key of the schemas, once, and no other", () => {
    expect(keys.length).toBeGreaterThan(250);
    expect([...listed].sort()).toEqual(keys.map(({ key }) => key).sort());
  });

  it("says what each key means", () => {
    expect(keys.filter(({ meaning }) => meaning === "").map(({ key }) => key)).toEqual([]);
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
    const byDefault = keys.find((one) => one.key === `${top}.${key}`)?.byDefault;
    expect(entries).toMatchObject(byDefault as object);
  });
});

describe("the tables", () => {
  const key = { meaning: "what it is for", byDefault: 1, required: false };
  const table =
    "| Key | Meaning | Default |\n| --- | --- | --- |\n| `homelab:a.one` | old | `0` |\n| `homelab:a.gone` | x | |";

  it("get a new key after its neighbour in the schema, lose one that is gone, and say what the schema says", () => {
    const found = configurationPage(table, [
      { ...key, key: "homelab:a.one" },
      { ...key, key: "homelab:a.two", byDefault: undefined, required: true },
    ]);
    expect(found.split("\n").slice(2)).toEqual([
      "| `homelab:a.one` | what it is for | `1` |",
      "| `homelab:a.two` | what it is for | must be given |",
    ]);
  });

  it("cannot hold a key of a service that has none", () => {
    expect(() => configurationPage(table, [{ ...key, key: "homelab:b.one" }])).toThrow(
      "docs/configuration.md has no table for homelab:b.one",
    );
  });
});

describe("tests/fixtures/topology.yaml", () => {
  it("is a valid topology whose nodes are on this computer's own loopback", () => {
    const { nodes } = loadTopology(`${root}/tests/fixtures/topology.yaml`);
    for (const { address } of Object.values(nodes)) expect(address).toMatch(/^127\./);
  });
});
