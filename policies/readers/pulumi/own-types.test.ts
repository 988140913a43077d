import { describe, expect, it } from "vitest";
import { resourceTypes } from "../../../provider/registry";
import { noFacts } from "../../engine/facts";
import { judge } from "../../engine/judge";
import type { Topology } from "../../engine/topology";
import { notYet, readResource } from "./index";

const topology: Topology = {
  nodes: [
    { name: "storage", lifecycle: "always-on", addresses: ["10.0.0.1"], labels: {}, taints: [] },
    { name: "compute", lifecycle: "on-demand", addresses: ["10.0.0.3"], labels: {}, taints: [] },
  ],
  networkClasses: [],
};
const on = (node: string, host: string) => {
  const connection = { node, host, user: "root" };
  return { connection, server: { connection }, coordinator: { connection }, files: [], name: "it" };
};
const said = (type: string, inputs: object) => {
  const facts = noFacts();
  readResource(
    { urn: "urn:1", name: "it", type, inputs: { ...inputs } },
    { facts, put: new Set(), readFile: () => undefined, filesIn: () => [] },
  );
  return judge(facts, topology).violations.map(({ detail }) => detail);
};

describe("every resource of this program's own provider", () => {
  it("is one that the rule knows: on an always-on node it may be, and nothing of it is unknown on another", () => {
    expect(resourceTypes.size).toBeGreaterThan(8);
    for (const type of resourceTypes.keys()) {
      expect(said(type, on("storage", "10.0.0.1")), type).toEqual([]);
      expect(said(type, on("compute", "10.0.0.3")).join(), type).not.toContain("nothing is known");
    }
  });

  it("and what is written into a cluster is judged as if its own resource wrote it", () => {
    const claim = (more: object) => ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", namespace: "work" },
      ...more,
    });
    const contents = (...objects: object[]) => said("homelab:kubernetes:Contents", { objects });
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "it", namespace: "work" },
      spec: {
        nodeName: "compute",
        containers: [{ name: "it", image: "x", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
        volumes: [{ name: "data", hostPath: { path: "/srv/data" } }],
      },
    };
    expect(contents(pod)).toHaveLength(1);
    expect(contents({ ...pod, spec: { ...pod.spec, nodeName: "storage" } })).toEqual([]);
    expect(contents(claim({}))).toEqual([]);
    expect(said("homelab:kubernetes:Contents", { objects: notYet }).join()).toContain("its objects");
  });

  it("and MinIO's objects are where the provider's server is, also where a topology for trials has loopback addresses", () => {
    const bucket = (minioServer: string) => {
      const facts = noFacts();
      readResource(
        {
          urn: "urn:1",
          name: "b",
          type: "minio:index/s3Bucket:S3Bucket",
          inputs: {},
          provider: { minioServer },
        },
        { facts, put: new Set(), readFile: () => undefined, filesIn: () => [] },
      );
      const addresses = ["127.0.0.11"];
      const nodes = topology.nodes.map((node) => (node.name === "storage" ? { ...node, addresses } : node));
      return judge(facts, { ...topology, nodes }).violations.length;
    };
    expect(bucket("127.0.0.11:9000")).toBe(0);
    expect(bucket("127.0.0.13:9000")).toBe(1);
    expect(bucket("127.0.0.1:9000")).toBe(1);
  });

  it("that keeps something is refused on an on-demand node", () => {
    for (const type of [
      "homelab:postgres:Database",
      "homelab:minio:Store",
      "homelab:mesh:PolicyPart",
      "homelab:prefect:Jobs",
      "homelab:seaweedfs:Contents",
    ]) {
      expect(said(type, on("compute", "10.0.0.3")), type).toHaveLength(1);
    }
  });
});
