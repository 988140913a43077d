import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Context, type PlannedChange, type Handler } from "./handler";
import { Unreachable } from "../packages/errors";
import { apply, check, diff, plan, preview, read } from "./lifecycle";
import { resourceType } from "./registry";
import { unknown, type Json } from "./values";

interface Lamp {
  name: string;
  password: string;
  watts: number;
}

const secret = (value: Json): Json => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

function lamp(found: () => string[] | Promise<string[]> = () => []) {
  const calls: string[] = [];
  const handler: Handler<Lamp> = {
    type: "homelab:test:Lamp",
    inputs: z.strictObject({
      name: z.string().regex(/^[a-z]+$/, "must be small letters"),
      password: z.string().min(8, "must have 8 characters"),
      watts: z.int().max(100, "must be at most 100").default(40),
    }),
    replaceOn: ["name"],
    id: (inputs) => `lamp/${inputs.name}`,
    drift: async () => {
      calls.push("drift");
      return found();
    },
    apply: (inputs) => {
      calls.push(`apply ${inputs.watts}`);
      return Promise.resolve({ serial: "L1", key: "k" });
    },
    remove: () => Promise.resolve(),
    secretOutputs: ["key"],
  };
  return { kind: resourceType(handler), calls };
}

function listening() {
  const said: string[] = [];
  const log = {
    info: (text: string) => said.push(`info ${text}`),
    warn: (text: string) => said.push(`warn ${text}`),
  };
  const ctx: Context = { log, signal: new AbortController().signal };
  return { ctx, said };
}

const inputs = { name: "desk", password: secret("long enough"), watts: 40 };

describe("check", () => {
  it("completes inputs with defaults and keeps secrets wrapped", () => {
    const given = { name: inputs.name, password: inputs.password };
    expect(check(lamp().kind, given)).toEqual({ inputs, failures: [] });
  });

  it("says what is wrong in one message per problem", () => {
    expect(check(lamp().kind, { ...inputs, name: "Desk 1", watts: 200 }).failures).toEqual([
      'name is "Desk 1": it must be small letters.',
      "watts is 200: it must be at most 100.",
    ]);
  });

  it("never shows a secret's value in a sentence", () => {
    const { failures } = check(lamp().kind, { ...inputs, password: secret("short") });
    expect(failures).toEqual(['password is "[secret]": it must have 8 characters.']);
  });

  it("does not judge what is not known yet", () => {
    const given = { ...inputs, name: unknown, password: secret(unknown) };
    expect(check(lamp().kind, given)).toEqual({ inputs: given, failures: [] });
  });
});

describe("diff", () => {
  it("asks the machine only when the program changed nothing", async () => {
    const { kind, calls } = lamp();
    const { ctx } = listening();
    expect(await diff(kind, inputs, inputs, { ...inputs, watts: 60 }, ctx)).toEqual({
      changed: ["watts"],
      replaces: [],
    });
    expect(calls).toEqual([]);
    expect(await diff(kind, inputs, inputs, inputs, ctx)).toEqual({ changed: [], replaces: [] });
    expect(calls).toEqual(["drift"]);
  });

  it("replaces when what names the thing changed", async () => {
    const { ctx } = listening();
    expect(await diff(lamp().kind, inputs, inputs, { ...inputs, name: "floor" }, ctx)).toEqual({
      changed: ["name"],
      replaces: ["name"],
    });
  });

  it("sees a changed secret, and one that only lost its mark as the same", async () => {
    const { ctx } = listening();
    const other = { ...inputs, password: secret("another one") };
    expect((await diff(lamp().kind, inputs, inputs, other, ctx)).changed).toEqual(["password"]);
    const bare = { ...inputs, password: "long enough" };
    expect((await diff(lamp().kind, inputs, inputs, bare, ctx)).changed).toEqual([]);
  });

  it("shows what was changed by hand as a change, with a sentence", async () => {
    const { ctx, said } = listening();
    expect(await diff(lamp(() => ["The lamp is off."]).kind, inputs, inputs, inputs, ctx)).toEqual({
      changed: ["drift"],
      replaces: [],
    });
    expect(said).toEqual(["warn The lamp is off."]);
  });

  it("goes on when the node does not answer, and never says that there is nothing to change", async () => {
    const off = lamp(() => Promise.reject(new Unreachable("compute does not answer.")));
    const { ctx, said } = listening();
    expect(await diff(off.kind, inputs, inputs, inputs, ctx)).toEqual({
      changed: ["not compared"],
      replaces: [],
      unseen: true,
    });
    expect(said).toEqual(["warn Not compared with the machine: compute does not answer."]);
  });

  it("does not swallow any other failure", async () => {
    const broken = lamp(() => Promise.reject(new Error("the key was refused")));
    await expect(diff(broken.kind, inputs, inputs, inputs, listening().ctx)).rejects.toThrow(
      "the key was refused",
    );
  });
});

describe("plan", () => {
  const telling = (kind: () => Promise<PlannedChange>) => ({ ...lamp().kind, plan: kind });
  const nothing = { notes: [], unmet: [], errors: [] };

  it("says what would be done and what is missing, in a preview that goes on", async () => {
    const { ctx, said } = listening();
    const kind = telling(() =>
      Promise.resolve({ ...nothing, notes: ["Would glow."], unmet: ["No socket."] }),
    );
    await plan(kind, inputs, ctx);
    expect(said).toEqual(["info Would glow.", "warn No socket."]);
  });

  it("ends the preview where no run could go on", async () => {
    const kind = telling(() => Promise.resolve({ ...nothing, errors: ["The desk is taken."] }));
    await expect(plan(kind, inputs, listening().ctx)).rejects.toThrow("The desk is taken.");
  });

  it("goes on where a look is not possible, and does not look while something is unknown", async () => {
    const { ctx, said } = listening();
    const off = telling(() => Promise.reject(new Unreachable("compute does not answer.")));
    await plan(off, inputs, ctx);
    expect(said).toEqual(["warn What it would do is not known: compute does not answer."]);
    await plan(off, { ...inputs, password: secret(unknown) }, ctx);
    await plan(lamp().kind, inputs, ctx);
    expect(said).toHaveLength(1);
  });
});

describe("apply, preview and read", () => {
  it("keeps inputs and outputs in the state, secrets wrapped", async () => {
    const { ctx } = listening();
    expect(await apply(lamp().kind, inputs, undefined, ctx)).toEqual({
      id: "lamp/desk",
      state: { ...inputs, serial: "L1", key: secret("k"), drift: [] },
    });
  });

  it("says in a preview that further outputs are not known yet", () => {
    expect(preview(inputs, undefined)).toEqual(inputs);
    expect(preview(inputs, { ...inputs, serial: "L1", drift: [] })).toEqual({ ...inputs, serial: unknown });
    const state = { ...inputs, serial: "L1", drift: [] };
    expect(preview(inputs, state, true)).toEqual(state);
  });

  it("puts what a refresh finds into the state, without touching anything", async () => {
    const { kind, calls } = lamp(() => ["The lamp is off."]);
    const { ctx } = listening();
    const state = { ...inputs, serial: "L1", drift: [] };
    expect(await read(kind, inputs, state, ctx)).toEqual({ ...state, drift: ["The lamp is off."] });
    expect(calls).toEqual(["drift"]);
  });
});
