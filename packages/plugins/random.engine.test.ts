import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Project } from "./testing/project";

const program = (length: number, more = ""): string => `import * as random from "@pulumi/random";
export const password = new random.RandomPassword("password", {
  length: ${length}, special: false, minNumeric: 3${more} }).result;
export const text = new random.RandomString("text", { length: 8, upper: false, special: false }).result;
export const id = new random.RandomId("id", { byteLength: 4, prefix: "p-" });
export const data = new random.RandomBytes("data", { length: 16 });
export const uuid = new random.RandomUuid("uuid").result;
`;

describe("the random plugin", () => {
  let project: Project;
  beforeAll(() => {
    project = new Project(program(24));
    project.up();
  });
  afterAll(() => {
    project.remove();
  });
  const password = (): string => String(project.outputs().password);

  test("makes what was asked for", () => {
    expect(password()).toMatch(/^[A-Za-z0-9]{24}$/);
    expect(password().replace(/\D/g, "").length).toBeGreaterThanOrEqual(3);
    const outputs = project.outputs();
    expect(outputs.text).toMatch(/^[a-z0-9]{8}$/);
    expect(outputs.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const id = project.resource("id").outputs ?? {};
    expect(id.hex).toMatch(/^p-[0-9a-f]{8}$/);
    expect(id.dec).toBe(`p-${Number.parseInt(String(id.hex).slice(2), 16)}`);
  });

  test("a password and its hash never stand in the state in clear", () => {
    const state = project.stateText();
    expect(state).not.toContain(password());
    expect(state).not.toContain("$2a$");
    expect(project.resource("password").id).toBe("none");
  });

  test("stays the same from run to run, also when a default is spelled out", () => {
    const before = password();
    project.program(program(24, ", lower: true, minLower: 0, numeric: true"));
    expect(project.planned("password")).toBe("same");
    project.up();
    expect(password()).toBe(before);
  });

  test("is recreated when its keepers or its length change", () => {
    const before = password();
    project.program(program(24, `, keepers: { month: "2" }`));
    expect(project.planned("password")).toBe("replace");
    project.up();
    const then = password();
    expect(then).not.toBe(before);
    project.program(program(30, `, keepers: { month: "2" }`));
    project.up();
    expect(password()).toHaveLength(30);
  });

  test("refuses minimums that do not fit", () => {
    project.program(program(2));
    expect(project.run("preview").stdout).toContain("length (2) must be at least");
  });
});
