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

/** A workload that says why its data may be lost. */
const cache = {
  metadata: { name: "cache", annotations: { "homelab.dev/ephemeral": "a cache" } },
  spec: {
    template: {
      metadata: { annotations: { "homelab.dev/ephemeral": "a cache" } },
      spec: {
        nodeName: "compute",
        containers: [{ name: "c", image: "b", volumeMounts: [{ name: "d", mountPath: "/d" }] }],
        volumes: [{ name: "d", hostPath: { path: "/srv/d" } }],
      },
    },
  },
};

describe("a stack seen resource by resource", () => {
  it("says once why something may be lost, also where it is declared a second time to be compared", () => {
    const watch = new IncrementalJudge({ topology, readFile: () => undefined, filesIn: () => undefined });
    const add = (type: string, inputs: object) =>
      watch.add({ urn: `urn::${type}`, type, name: "it", inputs: { ...inputs } });
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", ...cache };
    const first = add("kubernetes:apps/v1:Deployment", deployment);
    expect([first.violations.length, first.exemptions.length]).toEqual([0, 1]);
    const second = add("homelab:kubernetes:Contents", { objects: [deployment] });
    expect([second.violations.length, second.exemptions.length]).toEqual([0, 0]);
  });

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
