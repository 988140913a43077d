import { describe, expect, it } from "vitest";
import { parseReplicationStatus, walBytes, type ReplicationStatus } from "../../../remote/replication";
import { planPromotion, planRejoin, statusRows, type Member, type Plan } from "./plan";

const none = { streaming: false, followers: [], former: [] };
const primary: ReplicationStatus = { ...none, unit: "active", role: "primary", system: "7", timeline: 1 };
const standby: ReplicationStatus = {
  ...{ ...none, unit: "active", role: "standby", system: "7", timeline: 1, streaming: true },
  peer: { role: "primary", system: "7", timeline: 1 },
};
const alone: ReplicationStatus = { ...none, unit: "active", role: "standby", system: "7", timeline: 1 };
const stopped: ReplicationStatus = { ...none, unit: "inactive", system: "7", timeline: 1 };

const storage = (status?: ReplicationStatus): Member => ({ name: "storage", status });
const desktop = (status?: ReplicationStatus): Member => ({ name: "desktop", status });
const steps = (plan: Plan) =>
  plan.kind === "steps" ? plan.steps.map(({ node, verb }) => `${node} ${verb}`) : plan.kind;
const promote = (
  target: ReplicationStatus | undefined,
  other: ReplicationStatus | undefined,
  flags: object = {},
) => planPromotion(desktop(target), storage(other), { switchOver: false, force: false, ...flags });

describe("a promotion", () => {
  it.each<[string, ReplicationStatus | undefined, ReplicationStatus | undefined, object, string | string[]]>([
    ["goes on when storage is gone", alone, undefined, {}, ["desktop promote"]],
    [
      "fences storage where it can reach it, before anything else",
      alone,
      stopped,
      {},
      ["storage fence", "desktop promote"],
    ],
    ["is refused while storage runs", alone, primary, {}, "refused"],
    ["is refused while storage starts", alone, { ...stopped, unit: "activating" }, {}, "refused"],
    ["is refused while storage answers desktop, though not us", standby, undefined, {}, "refused"],
    ["forced, stops storage first", standby, primary, { force: true }, ["storage fence", "desktop promote"]],
    ["forced, goes on without storage", standby, undefined, { force: true }, ["desktop promote"]],
    [
      "as a change-over stops storage, waits, promotes, and lets storage follow",
      standby,
      primary,
      { switchOver: true },
      ["storage fence", "desktop caught-up", "desktop promote", "storage follow"],
    ],
    ["as a change-over needs storage", alone, undefined, { switchOver: true }, "refused"],
    [
      "as a change-over needs a standby that follows",
      { ...standby, streaming: false },
      primary,
      { switchOver: true },
      "refused",
    ],
    ["needs the target", undefined, primary, {}, "refused"],
    ["needs a server there", { ...none, unit: "none" }, primary, {}, "refused"],
    ["needs a server that runs", stopped, undefined, {}, "refused"],
    [
      "forced, takes a fenced server",
      { ...stopped, role: "standby", fenced: "x" },
      undefined,
      { force: true },
      ["desktop promote"],
    ],
    ["is done already", { ...primary, timeline: 2 }, undefined, {}, "nothing"],
    ["is finished when it was cut short", { ...primary, timeline: 2 }, stopped, {}, ["storage fence"]],
    [
      "as a change-over is finished when it was cut short",
      { ...primary, timeline: 2 },
      { ...stopped, role: "standby", fenced: "x" },
      { switchOver: true },
      ["storage follow"],
    ],
    [
      "leaves a server of another cluster alone",
      { ...primary, timeline: 2 },
      { ...primary, system: "8" },
      {},
      "refused",
    ],
  ])("%s", (_name, target, other, flags, wanted) => {
    expect(steps(promote(target, other, flags))).toEqual(wanted);
  });

  it("says in a refusal what would be allowed", () => {
    const plan = promote(standby, primary);
    expect(plan.kind === "refused" ? plan.sentence : "").toMatch(/--switch-over.*--force-after-fencing/);
  });
});

describe("the way back", () => {
  const rejoin = (target: ReplicationStatus | undefined, other: ReplicationStatus | undefined) =>
    steps(planRejoin(storage(target), desktop(other)));
  it.each<[string, ReplicationStatus | undefined, ReplicationStatus | undefined, string | string[]]>([
    ["copies", { ...stopped, role: "standby", fenced: "x" }, { ...primary, timeline: 2 }, ["storage copy"]],
    ["copies for one that fell behind", alone, primary, ["storage copy"]],
    ["does nothing for one that follows", standby, primary, "nothing"],
    ["never takes a primary that runs", primary, { ...primary, timeline: 2 }, "refused"],
    ["needs a primary to copy", stopped, alone, "refused"],
    ["needs one that answers", stopped, undefined, "refused"],
    ["needs one that runs", stopped, { ...primary, unit: "failed" }, "refused"],
    ["needs the node", undefined, primary, "refused"],
  ])("%s", (_name, target, other, wanted) => {
    expect(rejoin(target, other)).toEqual(wanted);
  });
});

describe("what a node says of its server", () => {
  const said = [
    "unit\tactive",
    "data\t/srv/homelab/postgres",
    "role\tstandby",
    "system\t7712553870428246048",
    "received\t0/3000060",
    "behind\t8",
    "contact\t1000\t0/3000100",
    "timeline\t2",
    "former\t/srv/homelab/postgres/18/docker.before-x",
  ].join("\n");

  it("is read, and what it did not say is left out", () => {
    expect(parseReplicationStatus(said)).toEqual({
      ...{ unit: "active", data: "/srv/homelab/postgres", role: "standby", timeline: 2, behind: 8 },
      ...{ system: "7712553870428246048", received: "0/3000060", streaming: false, followers: [] },
      ...{ contact: { epoch: 1000, lsn: "0/3000100" }, former: ["/srv/homelab/postgres/18/docker.before-x"] },
    });
    expect(parseReplicationStatus("unit\tnone\n")).toEqual({ ...none, unit: "none" });
  });

  it("is shown with the time since the last contact and the bytes that are missing", () => {
    const rows = statusRows(desktop(parseReplicationStatus(said)), 1012);
    expect(rows.find(([what]) => what === "  last contact")?.[1]).toBe(
      "12 s ago; 160 bytes of what the primary had then are not here",
    );
    expect(statusRows(storage(), 0)).toEqual([["storage", "does not answer by SSH"]]);
  });

  it("counts WAL across its files", () => {
    expect(walBytes("0/FFFFFFFF", "1/0")).toBe(1);
    expect(walBytes("2/10", "2/0")).toBe(-16);
  });
});
