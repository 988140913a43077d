import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseSource, sourcePassword } from "./source";

describe("the source", () => {
  it("is read from a connection string without a password", () => {
    expect(parseSource("postgresql://me@10.0.0.7:5433/old%20db")).toEqual({
      ...{ host: "10.0.0.7", port: 5433, user: "me", database: "old db" },
    });
    expect(parseSource("postgres://me@[fd00::7]")).toEqual({
      ...{ host: "fd00::7", port: 5432, user: "me", database: "postgres" },
    });
  });

  it.each([
    ["postgresql://me:hidden@h/db", "must not stand in the command"],
    ["postgresql://h/db", "must be given as postgresql://USER@HOST:PORT/DATABASE"],
    ["mysql://me@h/db", "must be given as"],
    ["nonsense", "must be given as"],
    ["postgresql://me@h/db?sslmode=require", "goes through SSH with --via NODE"],
  ])("%s is refused with a sentence that does not repeat a password", (dsn, sentence) => {
    expect(() => parseSource(dsn)).toThrow(sentence);
    expect(() => parseSource(dsn)).not.toThrow("hidden");
  });

  it("has its password from a file first, then from the environment, then from who is asked", async () => {
    const folder = mkdtempSync(join(tmpdir(), "homelab-source-"));
    writeFileSync(join(folder, "password"), "of the file\n");
    const asked = () => Promise.resolve("typed");
    const environment = { HOMELAB_SOURCE_PASSWORD: "of the environment", PGPASSWORD: "of libpq" };
    expect(await sourcePassword(join(folder, "password"), environment, asked)).toBe("of the file");
    expect(await sourcePassword(undefined, environment, asked)).toBe("of the environment");
    expect(await sourcePassword(undefined, { PGPASSWORD: "of libpq" }, asked)).toBe("of libpq");
    expect(await sourcePassword(undefined, {}, asked)).toBe("typed");
    rmSync(folder, { recursive: true });
  });
});
