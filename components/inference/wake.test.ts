import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { house } from "../../power/testing";
import { loadSettings } from "../../settings";
import { connectionOf } from "../../topology";
import { declared, named } from "../testing";
import { nodesToWake, wakeForModels } from ".";

const { compute, storage } = house.nodes;
const inference = (given: object) =>
  loadSettings(
    "desktop",
    {
      "homelab:inference": JSON.stringify({
        enabled: true,
        backends: {
          ollama: { service: "ollama" },
          mine: { url: `http://${compute.address}:9000` },
          far: { url: "http://192.168.9.9:9000" },
          near: { url: `http://${storage.address}:9000` },
        },
        models: { chat: [{ model: "small", wake: true, ...given }] },
      }),
    },
    { home: "/nowhere", exists: () => false },
  ).inference;

describe("a model that says wake", () => {
  it.each([{ backend: "ollama" }, { backend: "mine" }])("wakes the machine of %o", (given) => {
    expect(nodesToWake(inference(given), house).map(({ node, backends }) => [node.name, backends])).toEqual([
      ["compute", [given.backend]],
    ]);
  });

  it.each([
    ["far", "far is on none of the topology's nodes, so nothing can wake it"],
    ["near", "near is on storage, which is always on"],
  ])("is refused of %s, which nobody can wake", (backend, why) => {
    expect(() => nodesToWake(inference({ backend }), house)).toThrow(
      `homelab:inference.models.chat.0.wake is true: ${why}`,
    );
  });

  it("is refused where the topology has no address to wake it by", () => {
    const { name, address, lifecycle, memoryBytes, hostKey, ssh } = compute;
    const nodes = { ...house.nodes, compute: { name, address, lifecycle, memoryBytes, hostKey, ssh } };
    expect(() => nodesToWake(inference({ backend: "ollama" }), { ...house, nodes })).toThrow(
      "the topology has no mac of compute",
    );
  });

  it("has a unit that is told which server is where, and nothing where no model says so", async () => {
    const all = (given: object) =>
      declared(() =>
        wakeForModels(connectionOf(storage, undefined), nodesToWake(inference(given), house), {}),
      );
    expect(await all({ backend: "ollama", wake: false })).toEqual([]);
    const { inputs } = named(await all({ backend: "ollama" }), "inference-wake");
    expect(JSON.stringify(inputs.files)).toContain("wanted.sh ollama=compute\\n");
  });
});

describe("the door's log", () => {
  const folder = mkdtempSync(join(tmpdir(), "homelab-wanted-"));
  const line = (server: string) => `{"what":"house","server":"house-${server}","status":503,"wanted":"yes"}`;
  beforeAll(() => {
    copyFileSync(join(__dirname, "scripts/wanted.sh"), join(folder, "wanted.sh"));
    writeFileSync(join(folder, "wake.sh"), `cat >>${folder}/woken\n`);
    writeFileSync(join(folder, "wake-compute"), "packet\n");
    const lines = ["other", "ollama", "ollama", "ollama"].map(line).join("\n");
    writeFileSync(join(folder, "journalctl"), `#!/bin/bash\ncat <<'X'\n${lines}\nX\n`);
    chmodSync(join(folder, "journalctl"), 0o755);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("wakes the machine of the server that was asked for, once for many questions", () => {
    const said = execFileSync(join(folder, "wanted.sh"), ["ollama=compute"], {
      encoding: "utf8",
      env: { PATH: `${folder}:${process.env.PATH ?? ""}` },
    });
    expect(said).toBe("compute is told to wake: ollama was asked for a model.\n");
    expect(readFileSync(join(folder, "woken"), "utf8")).toBe("packet\n");
  });
});
