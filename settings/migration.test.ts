import { describe, expect, it } from "vitest";
import { house } from "../power/testing";
import { checkSettings, loadSettings } from ".";
import { refusals } from "./testing";

const around = { home: "/nowhere", exists: () => false };
const config = (migrations: object) => ({ "homelab:migrations": JSON.stringify(migrations) });
const wrong = (migrations: object) =>
  refusals(() => {
    checkSettings(loadSettings("storage", config(migrations), around), "storage", house);
  });
const source = { password: "p" };
const one = (more: object) => ({ "old-shop": { source, databases: { Shop: "dagster" }, ...more } });

describe("homelab:migrations", () => {
  it("are none by default, and complete with a password and what goes where", () => {
    expect(loadSettings("storage", {}, around).migrations).toEqual({});
    expect(wrong(one({}))).toEqual([]);
    expect(loadSettings("storage", config(one({})), around).migrations).toEqual({
      "old-shop": {
        source: { host: "127.0.0.1", port: 5432, user: "postgres", password: "p" },
        ...{ via: "", databases: { Shop: "dagster" }, owners: {}, workDirectory: "/srv/homelab/migration" },
      },
    });
  });

  it.each([
    [
      "a name that is none",
      { "Old Shop": {} },
      /^homelab:migrations\.Old Shop: the name "Old Shop" must be small letters/,
    ],
    [
      "a source without password",
      one({ source: {} }),
      /^homelab:migrations\.old-shop\.source\.password is missing\.$/,
    ],
    ["no database", one({ databases: {} }), /databases is \{\}: it must name at least one database\.$/],
    [
      "a database that is not declared",
      one({ databases: { Shop: "shop" } }),
      /^homelab:migrations\.old-shop\.databases\.Shop is "shop": it must be one of homelab:postgres\.databases \(agent_gateway, /,
    ],
    [
      "two that go to one",
      one({ databases: { a: "mlflow", b: "mlflow" } }),
      /databases\.b is "mlflow": homelab:migrations\.old-shop\.databases\.a goes there already; each needs its own\.$/,
    ],
    [
      "an owner that is not declared",
      one({ owners: { old: "constructor" } }),
      /owners\.old is "constructor": it must be one of homelab:postgres\.roles/,
    ],
    [
      "a way through no node",
      one({ via: "tv" }),
      /via is "tv": it must be one of storage, desktop, compute\.$/,
    ],
  ])("refuse %s with one sentence", (_what, migrations, expected) => {
    const found = wrong(migrations);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it("never show a password, however wrong it is", () => {
    const found = wrong(one({ source: { password: 73313 } }));
    expect(found).toEqual(['homelab:migrations.old-shop.source.password is "[secret]": it must be a text.']);
    expect(wrong({ "old-shop": { source: { passwort: "hush-hush" }, databases: {} } }).join()).not.toContain(
      "hush",
    );
  });
});
