import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lab, onNode } from "../support/lab";
import { preview, up, well, type Run } from "../support/stack";
import { isReady, until } from "./kubectl";

/** compute without power: a state, not an error, and nobody waits for it. */

const runs: Record<string, () => Run> = {
  "preview of storage": () => preview("storage"),
  "preview of desktop": () => preview("desktop"),
  "preview of compute": () => preview("compute"),
  "up of storage": () => up("storage"),
  "up of desktop": () => up("desktop"),
};
const rounds = 2;
/** Seconds until a machine counts as off: patienceMs in remote/reachable.ts; what asks does so at once. */
const findingOut = 3;

/** The fastest of some runs, seconds: what else the computer does makes others slower. */
function fastest(run: () => Run): number {
  return Math.min(...Array.from({ length: rounds }, () => well(run()).seconds));
}

const on: Record<string, number> = {};
const off: Record<string, number> = {};

beforeAll(async () => {
  lab("node", "start", "compute");
  await until("compute is ready", 120, () => isReady("compute"));
  for (const [what, run] of Object.entries(runs)) on[what] = fastest(run);
  lab("node", "kill", "compute");
});
afterAll(async () => {
  lab("node", "start", "compute");
  await until("compute is ready again", 120, () => isReady("compute"));
  const rows = Object.keys(runs).map((what) => {
    const [with_ = NaN, without = NaN] = [on[what], off[what]];
    return `${what.padEnd(20)} ${with_.toFixed(1).padStart(10)} ${without.toFixed(1).padStart(11)} ${(without / with_).toFixed(2).padStart(6)}`;
  });
  console.log(["seconds              compute on compute off  ratio", ...rows].join("\n"));
});

describe("with compute off", () => {
  it.each(Object.keys(runs))("the %s goes well, in its usual time", (what) => {
    off[what] = fastest(runs[what] ?? (() => preview("storage")));
    // And what the clock of a busy computer is off by.
    expect(off[what]).toBeLessThan(1.5 * (on[what] ?? 0) + findingOut);
  });

  it("the preview of compute says that it is off", () => {
    expect(well(preview("compute")).text).toContain("compute (10.77.0.13, port 22) does not answer");
  });

  it("storage is as declared all the same", () => {
    expect(onNode("storage", "systemctl is-active k3s").trim()).toBe("active");
    well(preview("storage", "--expect-no-changes"));
  });
});
