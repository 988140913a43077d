import { describe, expect, it, vi } from "vitest";
import {
  applySecret,
  observeSecret,
  removeSecret,
  secretSchema,
  type SecretSpec,
} from "../../../remote/secret";
import type { Context } from "../../handler";
import { intention, secret } from "./secret";

vi.mock("../../../remote/secret", async (original) => ({
  ...(await original<typeof import("../../../remote/secret")>()),
  applySecret: vi.fn(),
  observeSecret: vi.fn(),
  removeSecret: vi.fn(),
}));

const spec = (value: string, existing?: SecretSpec["existing"], name = "key"): SecretSpec =>
  secretSchema.parse({
    connection: {
      ...{ node: "storage", host: "192.0.2.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
    },
    ...{ name, value },
    ...(existing === undefined ? {} : { existing }),
  });

function listening() {
  const said: string[] = [];
  const log = { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
  const ctx: Context = { log, signal: new AbortController().signal };
  return { ctx, said };
}

describe("what to do about a value that the node has", () => {
  it("a generated password is a proposal for as long as the state does not know it", () => {
    expect(intention(spec("new", "adopt"), undefined, undefined)).toEqual({ value: "new", verb: "adopt" });
  });

  it("one that the node lost is put back as it was, not as it was once proposed", () => {
    const same = spec("proposed", "adopt");
    expect(intention(same, same, "what was there")).toEqual({ value: "what was there", verb: "restore" });
    expect(intention(spec("key", "keep"), spec("key", "keep"), "what was there").verb).toBe("adopt");
  });

  it("one that was recreated on purpose takes its place, but for a key that others depend on", () => {
    const before = spec("old", "adopt");
    expect(intention(spec("new", "adopt"), before, "old")).toEqual({ value: "new", verb: "apply" });
    expect(intention(spec("new", "keep"), before, "old")).toEqual({ value: "old", verb: "adopt" });
  });

  it("any other is as declared, and a copy of a key is refused", () => {
    expect(intention(spec("new"), spec("old"), "old")).toEqual({ value: "new", verb: "apply" });
    expect(intention(spec("new", "refuse"), undefined, undefined)).toEqual({ value: "new", verb: "refuse" });
  });
});

describe("a secret", () => {
  it("tells the state what the node has, and says that it was taken over", async () => {
    vi.mocked(applySecret).mockResolvedValueOnce({ id: "i1", value: "ten years" });
    const { ctx, said } = listening();
    expect(await secret.apply(spec("new", "adopt"), ctx, undefined)).toEqual({
      fingerprint: "i1",
      effective: "ten years",
    });
    expect(said).toEqual(["The podman secret key on storage was there already and is taken over."]);
    expect(said.join()).not.toMatch(/ten years/);
    expect(secret.secretOutputs).toEqual(["effective"]);
  });

  it("that is never replaced says so when somebody tries", async () => {
    vi.mocked(applySecret).mockResolvedValueOnce({ id: "i1", value: "old" });
    const { ctx, said } = listening();
    const { effective } = await secret.apply(spec("new", "keep"), ctx, spec("old", "keep"), {
      effective: "old",
    });
    expect(effective).toBe("old");
    expect(said.join()).toMatch(/is not replaced by a new one/);
  });

  it("of somebody else's is refused in a preview already, with how to adopt it, but not one that the state knows", async () => {
    vi.mocked(observeSecret).mockResolvedValue({ id: "i1", marked: false });
    const { ctx } = listening();
    const planned = await secret.plan?.(spec("new", "adopt"), ctx, undefined);
    expect(planned?.errors.join()).toMatch(/key on storage is somebody else's: .*--label homelab=yes key -/);
    expect((await secret.plan?.(spec("new"), ctx, spec("old")))?.errors).toEqual([]);
    expect(await secret.drift(spec("new"), ctx, { fingerprint: "i1" })).toEqual([
      "The podman secret key on storage bears no mark of this program yet.",
    ]);
    vi.mocked(observeSecret).mockResolvedValue({ id: "i1", marked: true });
    expect((await secret.plan?.(spec("new"), ctx, undefined))?.errors).toEqual([]);
    expect(await secret.drift(spec("new"), ctx, { fingerprint: "i1" })).toEqual([]);
  });

  it("is not removed after its successor of the same name was made", async () => {
    vi.mocked(applySecret).mockResolvedValueOnce({ id: "i2", value: "x" });
    const { ctx } = listening();
    await secret.apply(spec("x", undefined, "again"), ctx, undefined);
    await secret.remove(spec("x", undefined, "again"), ctx);
    expect(removeSecret).not.toHaveBeenCalled();
    await secret.remove(spec("x", undefined, "never-made"), ctx);
    expect(removeSecret).toHaveBeenCalledOnce();
  });
});
