import { describe, expect, it } from "vitest";
import type { Topology } from "../engine/topology";
import { IncrementalJudge } from "./incremental-judge";

const topology: Topology = {
  nodes: [
    { name: "storage", lifecycle: "always-on", addresses: [], labels: {}, taints: [] },
    { name: "compute", lifecycle: "on-demand", addresses: [], labels: {}, taints: [] },
  ],
  networkClasses: ["nfs-client"],
};

function watching(problem?: string) {
  const watch = new IncrementalJudge({
    topology,
    problem,
    readFile: () => undefined,
    filesIn: () => undefined,
  });
  return {
    see: (type: string, name: string, inputs: object): string[] => {
      const { violations } = watch.add({
        urn: `urn::${type}::${name}`,
        type: `kubernetes:${type}`,
        name,
        inputs: { ...inputs },
      });
      return violations.map(({ detail, fix }) => `${detail} ${fix}`);
    },
    rest: () => watch.finish().violations,
  };
}

const pod = (claimName: string) => ({
  metadata: { name: "p" },
  spec: {
    containers: [{ name: "c", image: "b" }],
    volumes: [{ name: "d", persistentVolumeClaim: { claimName } }],
  },
});
const claim = (spec: object, name?: string) => ({ metadata: name === undefined ? {} : { name }, spec });
const local = { hostPath: { path: "/srv/d" }, claimRef: { name: "d" }, nodeAffinity: {} };

describe("a stack seen resource by resource", () => {
  it("refuses what refers to a claim that has not come, since afterwards it would be there", () => {
    const { see, rest } = watching();
    expect(see("core/v1:Pod", "p", pod("d"))).toHaveLength(1);
    expect(see("core/v1:PersistentVolumeClaim", "d", claim({ storageClassName: "nfs-client" }, "d"))).toEqual(
      [],
    );
    expect(rest()).toEqual([]);
  });

  it("knows a claim that has no name of its own by the one it will have", () => {
    const { see } = watching();
    expect(see("core/v1:PersistentVolumeClaim", "d", claim({ storageClassName: "nfs-client" }))).toEqual([]);
    expect(see("core/v1:Pod", "p", pod("d-0a1b2c3d"))).toEqual([]);
    expect(see("core/v1:Pod", "q", pod("e-0a1b2c3d"))).toHaveLength(1);
  });

  it("refuses a class or volume that comes later and would put an earlier claim on the node", () => {
    const { see } = watching();
    see("core/v1:PersistentVolumeClaim", "d", claim({ storageClassName: "nfs-client" }, "d"));
    expect(see("core/v1:Pod", "p", pod("d"))).toEqual([]);
    const found = see("storage.k8s.io/v1:StorageClass", "c", {
      metadata: { name: "nfs-client" },
      provisioner: "rancher.io/local-path",
    });
    expect(found.join()).toContain("is made by rancher.io/local-path");
  });

  it("says of a local volume that it is one, and of the earlier pod that would get it", () => {
    const { see } = watching();
    see("core/v1:PersistentVolumeClaim", "d", claim({ storageClassName: "nfs-client" }, "d"));
    see("core/v1:Pod", "p", pod("d"));
    expect(
      see("core/v1:PersistentVolume", "v", {
        metadata: { name: "v" },
        spec: { ...local, storageClassName: "x" },
      }),
    ).toHaveLength(2);
  });

  it("says each thing once", () => {
    const { see, rest } = watching();
    expect(see("core/v1:Pod", "p", pod("d"))).toHaveLength(1);
    expect(see("core/v1:Pod", "p", pod("d"))).toEqual([]);
    expect(rest()).toEqual([]);
  });

  it("adds to each violation why the topology is not the one people think", () => {
    expect(watching("The topology could not be read.").see("core/v1:Pod", "p", pod("d")).join()).toMatch(
      /could not be read\.$/,
    );
  });
});
