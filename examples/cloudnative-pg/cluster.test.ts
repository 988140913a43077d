import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { check } from "../../policies/check/check";
import { parseTopology } from "../../topology";
import { postgresCluster } from "./cluster";

const house = readFileSync(join(__dirname, "../three-machines/topology.yaml"), "utf8");
const threeOn = house.replace("lifecycle: on-demand", "lifecycle: always-on");
const settings = {
  ...{ name: "house", namespace: "postgres", image: "ghcr.io/cloudnative-pg/postgresql:18" },
  ...{ size: "20Gi", databases: ["shop"], roles: ["shop"] },
  source: { user: "postgres", secret: "storage-superuser" },
};

/** Exit code and report of the placement check over the rendered manifest. */
function checked(topology: string) {
  const folder = mkdtempSync(join(tmpdir(), "homelab-cnpg-"));
  try {
    const [file, nodes] = [join(folder, "cluster.yaml"), join(folder, "topology.yaml")];
    writeFileSync(file, stringify(postgresCluster(parseTopology(threeOn, "topology.yaml"), settings)));
    writeFileSync(nodes, topology);
    return check(["--topology", nodes, file], false);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("a house with two always-on nodes is refused CloudNativePG, with the reason and the way out", () => {
  expect(() => postgresCluster(parseTopology(house, "topology.yaml"), settings)).toThrow(
    /needs 3 always-on nodes, and this house has 2 \(storage, desktop\): .* Make a third node always-on/,
  );
});

it("three always-on nodes have an instance each, and a commit is on two before it is acknowledged", () => {
  const { spec } = postgresCluster(parseTopology(threeOn, "topology.yaml"), settings);
  expect(spec).toMatchObject({
    instances: 3,
    postgresql: { synchronous: { method: "any", number: 1, dataDurability: "required" } },
    affinity: { podAntiAffinityType: "required", topologyKey: "kubernetes.io/hostname" },
  });
});

it("the placement check lets it onto always-on nodes, also where a fourth is on demand", () => {
  expect(checked(threeOn)).toMatchObject({ code: 0 });
  expect(checked(house)).toMatchObject({ code: 0 });
});
