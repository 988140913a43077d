import { beforeEach, describe, expect, it, vi } from "vitest";
import { buildImage, imageSchema, observeImage } from "./image";
import { parsePodman } from "./podman";
import { runScript, type CommandResult } from "./run";
import { applySecret, observeSecret, secretSchema } from "./secret";

vi.mock("./run");

const connection = (node: string) => ({
  ...{ node, host: "192.0.2.1", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
});
const digest = `sha256:${"ab".repeat(32)}`;
const base = {
  Id: "b1",
  Names: ["docker.io/library/base:1"],
  RepoDigests: [`docker.io/library/base@${digest}`],
};
const built = { Id: "i1", Names: [] as string[], Labels: { "homelab.base": "b1" } };
const said = (images: unknown[], secrets: string[] = []): CommandResult => ({
  code: 0,
  stdout: [`images\t${JSON.stringify(images)}`, ...secrets.map((secret) => `secret\t${secret}`), ""].join(
    "\n",
  ),
  stderr: "",
});
const { signal } = new AbortController();
const image = (node: string, from = "docker.io/library/base:1") =>
  imageSchema.parse({
    connection: connection(node),
    repository: "localhost/homelab/it",
    containerfile: `FROM ${from}\n`,
  });
const named = (spec: { reference: string }) => ({ ...built, Names: [spec.reference] });

beforeEach(() => {
  vi.mocked(runScript).mockReset();
});

describe("what podman has on a node", () => {
  it("is asked once for all that is compared, until something is changed", async () => {
    const one = image("a");
    const secret = secretSchema.parse({ connection: connection("a"), name: "word", value: "x" });
    vi.mocked(runScript).mockResolvedValue(said([base, named(one)], ["word\ts1\tyes", "hers\ts2\tno"]));
    expect(await observeImage(one, signal)).toEqual({ id: "i1", stale: false });
    expect(await observeSecret(secret, signal)).toEqual({ id: "s1", marked: true });
    expect(await observeSecret({ ...secret, name: "hers" }, signal)).toEqual({ id: "s2", marked: false });
    expect(await observeSecret({ ...secret, name: "other" }, signal)).toBeUndefined();
    expect(vi.mocked(runScript).mock.calls.map(([, script]) => script)).toEqual(["podman-look"]);

    vi.mocked(runScript).mockResolvedValueOnce({ code: 0, stdout: "id\ts2\nvalue\teA==\n", stderr: "" });
    await applySecret(secret, signal);
    await observeSecret(secret, signal);
    expect(vi.mocked(runScript).mock.calls.map(([, script]) => script)).toEqual([
      "podman-look",
      "secret",
      "podman-look",
    ]);
  });

  it("is asked again after a change that failed, and after a node that did not answer", async () => {
    const one = image("b");
    vi.mocked(runScript).mockRejectedValueOnce(new Error("away"));
    await expect(observeImage(one, signal)).rejects.toThrow("away");
    vi.mocked(runScript).mockResolvedValueOnce(said([base]));
    expect(await observeImage(one, signal)).toEqual({ id: undefined, stale: false });
    vi.mocked(runScript).mockRejectedValueOnce(new Error("no space"));
    await expect(buildImage(one, signal)).rejects.toThrow("no space");
    vi.mocked(runScript).mockResolvedValueOnce(said([base, named(one)]));
    expect(await observeImage(one, signal)).toEqual({ id: "i1", stale: false });
  });

  it.each([
    ["by its tag", "docker.io/library/base:1"],
    ["by its digest", `docker.io/library/base@${digest}`],
    ["by both", `docker.io/library/base:1@${digest}`],
  ])("an image is stale when its base, named %s, is another one by now", async (_how, from) => {
    const one = image(`c ${from}`, from);
    vi.mocked(runScript).mockResolvedValue(said([{ ...base, Id: "b2" }, named(one)]));
    expect(await observeImage(one, signal)).toEqual({ id: "i1", stale: true });
  });

  it("a base that is gone cannot have become another one", async () => {
    const one = image("d");
    vi.mocked(runScript).mockResolvedValue(said([named(one)]));
    expect(await observeImage(one, signal)).toEqual({ id: "i1", stale: false });
  });

  it("may be nothing", () => {
    expect(parsePodman("images\t[]\n")).toEqual({ images: new Map(), secrets: new Map() });
  });
});
