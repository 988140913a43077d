import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lab } from "../support/lab";
import { nothingToChange, preview, up, well } from "../support/stack";

const off = /compute \(10\.77\.0\.13, port 22\) does not answer: it is off, or the network between is down/g;

/** Seconds: an answer is waited for once, 10 s, and not for each resource. A slow machine takes 7 s beside it. */
const soon = 45;

describe("a node that is off", () => {
  beforeAll(() => {
    lab("node", "stop", "compute");
  });
  afterAll(() => {
    lab("node", "start", "compute");
    well(up("compute"));
  });

  it("fails its own up soon, with one message", () => {
    const { code, text, seconds } = up("compute");
    expect(code).not.toBe(0);
    // Pulumi shows it beside the stack while it runs, and once more at the end.
    expect(text.slice(text.indexOf("Diagnostics:")).match(off)).toHaveLength(1);
    expect(text).toContain("Nothing was changed; run this again once it answers.");
    expect(text).not.toMatch(/^\s+at .*\.ts:\d+/m);
    expect(seconds).toBeLessThan(soon);
  });

  it("does not end its own preview, which says what it compares with", () => {
    const { code, text, seconds } = preview("compute");
    expect(code, text).toBe(0);
    expect(text).toMatch(off);
    expect(text).toContain("compares with the last known state");
    expect(seconds).toBeLessThan(soon);
  });

  it("is not as declared to a script: nobody could look", () => {
    const { code, text } = preview("compute", "--expect-no-changes");
    expect(code).not.toBe(0);
    expect(text).toContain("Not compared with the machine: compute (10.77.0.13, port 22) does not answer");
  });

  it("does not keep the other stacks from going on", () => {
    well(up("storage"));
    well(up("desktop"));
    nothingToChange();
  });
});

describe("storage, when it is off", () => {
  beforeAll(() => {
    lab("node", "stop", "storage");
  });
  afterAll(() => {
    lab("node", "start", "storage");
  });

  it("does not keep its preview nor the stacks that read it from going on", () => {
    const { code, text, seconds } = preview("storage");
    expect(code, text).toBe(0);
    expect(text).toMatch(/storage \(10\.77\.0\.11, port 22\) does not answer/);
    expect(seconds).toBeLessThan(soon);
    well(up("desktop"));
  });

  it("fails its own up soon, with one message", () => {
    const { code, text, seconds } = up("storage");
    expect(code).not.toBe(0);
    expect(text).toMatch(/storage \(10\.77\.0\.11, port 22\) does not answer/);
    expect(seconds).toBeLessThan(soon);
  });

  it("needs no up when it is on again", () => {
    lab("node", "start", "storage");
    nothingToChange();
  });
});
