import { describe, expect, it } from "vitest";
import { engineTopology } from "../../watch/topology";
import { IncrementalJudge } from "../../watch/incremental-judge";
import { notYet } from "../pulumi";
import { NotAState, resourcesOf } from "./state";

const urn = (type: string, name: string) => `urn:pulumi:compute::homelab::${type}::${name}`;
const sigKey = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";
const provider = urn("pulumi:providers:docker", "there");

const state = (...resources: object[]) => JSON.stringify({ version: 3, deployment: { resources } });
const there = { urn: provider, type: "pulumi:providers:docker", inputs: { host: "ssh://root@10.0.0.3" } };
const volume = (more: object = {}) => ({
  urn: urn("docker:index/volume:Volume", "data"),
  type: "docker:index/volume:Volume",
  inputs: { name: "data" },
  provider: `${provider}::0000-11`,
  ...more,
});

const topology = engineTopology({
  nodes: Object.fromEntries(
    (["storage", "desktop", "compute"] as const).map((name, index) => [
      name,
      {
        name,
        address: `10.0.0.${index + 1}`,
        lifecycle: name === "compute" ? "on-demand" : "always-on",
        memoryBytes: 1,
        hostKey: "k",
        ssh: { user: "root", port: 22 },
      },
    ]),
  ) as never,
  networkClasses: [],
  operators: [],
});

describe("an exported state", () => {
  it("is judged like the program that made it", async () => {
    const watch = new IncrementalJudge({ topology, readFile: () => undefined, filesIn: () => undefined });
    const found = (await resourcesOf(state(there, volume()))).flatMap((one) => watch.add(one).violations);
    expect(found.map(({ detail }) => detail)).toEqual([
      "Volume data makes a volume on the on-demand node compute (it is kept by the engine on the node).",
    ]);
  });

  it("is read from a checkpoint as well", async () => {
    const json = JSON.stringify({ checkpoint: { latest: { resources: [there] } } });
    expect(await resourcesOf(json)).toHaveLength(1);
  });

  it("leaves out what is about to be deleted", async () => {
    expect(await resourcesOf(state(there, volume({ delete: true })))).toHaveLength(1);
  });

  it("takes an encrypted secret for not known, and opens a plain one", async () => {
    const sealed = { [sigKey]: secret, ciphertext: "v1:abc" };
    const open = { [sigKey]: secret, plaintext: JSON.stringify("nfs") };
    const [, one] = await resourcesOf(state(there, volume({ inputs: { name: sealed, driver: open } })));
    expect(one?.inputs).toEqual({ name: notYet, driver: "nfs" });
  });

  it.each(["", "[]", "{}", '{"deployment":{}}'])("refuses %j, which is none", async (json) => {
    await expect(resourcesOf(json)).rejects.toThrow(NotAState);
  });
});
