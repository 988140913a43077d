import { describe, expect, it } from "vitest";
import { parsePower, type PowerSeen } from "./on-node";
import { moment } from "./context";
import { rowsOf, status, table, type Looks } from "./status";
import { pretend } from "./testing";

const on: PowerSeen = { booted: new Date(1_000_000_000_000), use: undefined, words: [], wakes: [] };
const at = (seconds: number) => new Date(seconds * 1_000);
const said = (why: PowerSeen["words"][number]["why"], seconds: number) => ({
  node: "compute",
  why,
  at: at(seconds),
});
const compute = (looks: Partial<Looks>, cordoned: Parameters<typeof rowsOf>[1] = {}) =>
  rowsOf({ storage: on, desktop: on, compute: undefined, ...looks }, cordoned)[2];

describe("the state of the three nodes", () => {
  it.each([
    ["sleep", "put to sleep by hand", moment(at(1_000))],
    ["schedule", "asleep by schedule", moment(at(1_000))],
    ["idle", "idle: nothing had run there", moment(at(1_000))],
    ["poweroff", "powered off on the machine itself", moment(at(1_000))],
    ["on", /^without a word: a power cut/, `after ${moment(at(1_000))}`],
  ] as const)("says why one is off whose last word was %s", (why, shown, since) => {
    const row = compute({
      storage: { ...on, words: [said(why, 1_000), { ...said("idle", 1_000), node: "x" }] },
    });
    expect(row).toMatchObject({ state: "off", since, wakes: "-" });
    if (typeof shown === "string") expect(row?.why).toBe(shown);
    else expect(row?.why).toMatch(shown);
  });

  it("takes the last word that anybody was told, and has none when nobody was", () => {
    const row = compute({
      storage: { ...on, words: [said("sleep", 1_000)] },
      desktop: { ...on, words: [said("idle", 2_000)] },
    });
    expect(row?.why).toBe("idle: nothing had run there");
    expect(compute({})).toMatchObject({ state: "off", since: "-", why: "nobody was told" });
    expect(compute({ storage: undefined, desktop: undefined })?.why).toBe("nobody was told");
  });

  it("says when it will be woken, by the first of the timers", () => {
    const wakes = [
      { node: "compute", at: at(9_000) },
      { node: "compute", at: at(8_000) },
      { node: "desktop", at: at(1_000) },
    ];
    expect(compute({ storage: { ...on, wakes } })?.wakes).toBe(moment(at(8_000)));
  });

  it("says of one that is on since when, and what keeps it so, whatever its last word was", () => {
    const storage = { ...on, words: [said("sleep", 1_000)] };
    expect(compute({ storage, compute: on })).toEqual({
      node: "compute",
      state: "on",
      since: moment(on.booted),
      why: "-",
      wakes: "-",
    });
    expect(compute({ compute: { ...on, use: "stays on: ada is logged in" } })?.why).toBe(
      "stays on: ada is logged in",
    );
    expect(compute({ compute: on }, { compute: { ready: true, cordoned: "ours" } })?.why).toMatch(
      /^cordoned for its sleep/,
    );
    expect(compute({ compute: on }, { compute: { ready: true, cordoned: "other" } })?.why).toBe(
      "cordoned by hand",
    );
  });

  it("is asked of those that answer only, and one that lets nobody in is said so", async () => {
    const { power, done } = pretend(["storage", "compute"], (usual) => ({
      look: (node) =>
        node.name === "compute"
          ? Promise.reject(new Error("compute shows another host key."))
          : usual.look(node),
    }));
    const rows = await status(power);
    expect(rows.map(({ state }) => state)).toEqual(["on", "off", "on, but not let in"]);
    expect(rows[2]?.why).toBe("compute shows another host key.");
    expect(done).toEqual(["look storage"]);
  });

  it("is a table with a line each", () => {
    const rows = rowsOf({ storage: on, desktop: on, compute: undefined }, {});
    const lines = table(rows).split("\n");
    expect(lines[0]).toMatch(/^node {5}state {2}since {13}will be woken {2}why$/);
    expect(lines[3]).toMatch(/^compute {2}off {4}- {17}- {14}nobody was told$/);
    expect(lines).toHaveLength(5);
  });
});

describe("what a machine says of power", () => {
  it("is read without what is unknown", () => {
    const rows = [
      ["booted", "1000"],
      ["use", "nothing runs"],
      ["word", "compute", "idle", "2000"],
      ["word", "compute", "nonsense", "2000"],
      ["wakes", "compute", "3000"],
      ["wakes", "desktop", ""],
      [""],
    ];
    expect(parsePower(rows)).toEqual({
      booted: at(1_000),
      use: "nothing runs",
      words: [said("idle", 2_000)],
      wakes: [{ node: "compute", at: at(3_000) }],
    });
  });
});
