import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf } from "./client";
import { engineNames, startEngine, type Declared, type Engine, type EngineName } from "./engines";
import { Lacks } from "./asking";
import { features } from "./features";
import { documented, withTable } from "./table";

/** `OBJECTS_TABLE=write make test-objects` writes the table into docs; else it must be what was seen. */
const writes = process.env.OBJECTS_TABLE === "write";
const page = join(__dirname, "../../docs/components/object-store.md");
const stood = documented(readFileSync(page, "utf8"));
const seen = new Map<string, Partial<Record<EngineName, string>>>();

const declared: Declared = {
  buckets: { kept: { versioned: true }, plain: { versioned: false }, others: { versioned: false } },
  users: {
    writer: { buckets: ["kept", "plain"], access: "read-write" },
    reader: { buckets: ["kept"], access: "read-only" },
    other: { buckets: ["others"], access: "read-write" },
  },
};

describe.each(engineNames)("S3 of %s", (name) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(name, declared);
  });
  afterAll(() => engine.stop());

  it.each(features)("$title: as docs say", async ({ title, shows }) => {
    const { root: access, as } = engine;
    const root = clientOf(access);
    const said = await shows({
      ...{ access, clientOf, root, writer: clientOf(as("writer")) },
      ...{ reader: clientOf(as("reader")), other: clientOf(as("other")) },
    }).then(
      () => "yes",
      (error: unknown) => {
        if (error instanceof Lacks) return `no: ${error.message}`;
        throw error;
      },
    );
    seen.set(title, { ...seen.get(title), [name]: said });
    if (!writes) expect(said).toBe(stood.get(title)?.[name]);
  });

  it("is as declared after all of them", async () => {
    expect(await engine.drift()).toEqual([]);
  });
});

it("the table in docs has a row for each, and no other", () => {
  if (writes) writeFileSync(page, withTable(readFileSync(page, "utf8"), seen));
  else expect([...stood.keys()]).toEqual(features.map(({ title }) => title));
});
