import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkSettings, loadSettings } from "../settings";
import { loadTopology, nodeNames, type NodeName } from "../topology";

const around = { home: "/nowhere", exists: () => false };

/** Reads an example as the program reads the project's own files, with all its checks. */
function load(example: string) {
  const folder = join(__dirname, example);
  const topology = loadTopology(join(folder, "topology.yaml"));
  const check = (node: NodeName) => {
    const { config } = parse(readFileSync(join(folder, `Pulumi.${node}.yaml`), "utf8")) as {
      config: Record<string, unknown>;
    };
    const all = Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    const loaded = loadSettings(node, Object.fromEntries(all) as Record<string, string>, around);
    checkSettings(loaded, node, topology);
  };
  nodeNames.forEach(check);
}

describe("an example", () => {
  it.each(["three-machines", "gpu", "workloads"])("%s is accepted", (example) => {
    expect(() => {
      load(example);
    }).not.toThrow();
  });

  it("two-machines is refused with a sentence that says why", () => {
    expect(() => {
      load("two-machines");
    }).toThrow(
      /nodes\.desktop\.address is "192\.168\.1\.11": it is the address of storage too; each node is a machine of its own/,
    );
  });
});
