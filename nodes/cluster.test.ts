import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { declared, named } from "../components/testing";
import { parse, valueOf } from "../packages/quadlet";
import { loadSettings } from "../settings";
import { connectionOf, loadTopology, type Node } from "../topology";
import { joinCluster } from "./cluster";

const { nodes, ...rest } = loadTopology(join(__dirname, "../tests/fixtures/topology.yaml"));
const around = { home: "/nowhere", exists: () => false };
const settings = loadSettings("compute", { "homelab:k3s": JSON.stringify({ enabled: true }) }, around);

/** What compute's unit runs, before storage has handed anything out. @param traffic whether the house's goes by the mesh */
async function execStart(traffic: boolean): Promise<string> {
  const member = <N extends Node>(node: N, mesh: string) => ({
    ...node,
    ...{ mesh, ...(traffic ? { traffic: mesh } : {}) },
  });
  const node = { ...member(nodes.compute, "100.64.0.3"), name: "compute" as const };
  const all = {
    storage: member(nodes.storage, "100.64.0.1"),
    ...{ desktop: member(nodes.desktop, "100.64.0.2"), compute: node },
  };
  const context = {
    topology: { ...rest, nodes: all },
    node,
    settings,
    connection: connectionOf(node, undefined),
  };
  const made = await declared(() => joinCluster(context, pulumi.output(undefined), {}), {}, "compute");
  const { files } = named(made, "k3s-unit").visible as { files: { path: string; content: string }[] };
  const unit = files.find(({ path }) => path.endsWith("/k3s-agent.service"))?.content ?? "";
  return valueOf(parse(unit), "Service", "ExecStart") ?? "";
}

describe("an agent of the cluster", () => {
  it("is given storage's address in the mesh where the house's traffic goes by it", async () => {
    expect(await execStart(true)).toMatch(/find-server\.sh \S+ 100\.64\.0\.1 /);
  });

  it("has one address of its server as long as another node is no member", async () => {
    expect(await execStart(false)).not.toContain("100.64.");
  });
});
