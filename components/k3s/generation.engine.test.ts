import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtServer, Kubernetes } from "../../packages/plugins/testing/kubernetes";
import { Project } from "../../packages/plugins/testing/project";
import { freePort } from "../../tests/support/ports";

const built = builtServer();
const module = `${__dirname}/provider`;

/** Objects as Admission and ComputeNode declare them: in a cluster with a generation, or without one as they were before. */
const program = (identifier: string, options: { generation: boolean; objects?: boolean }) => `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { clusterGeneration, clusterProvider } from ${JSON.stringify(module)};
const kubeconfig = new pulumi.Config().requireSecret("kubeconfig");
const provider = clusterProvider("cluster", { kubeconfig, identifier: "${identifier}" }, {});
const generation = clusterGeneration("generation", "${identifier}", {});
if (${options.objects ?? true}) {
  new k8s.core.v1.ConfigMap("rules", { metadata: { name: "rules" } }, { provider${options.generation ? ", deletedWith: generation" : ""} });
}
`;

describe.skipIf(built === undefined)("a cluster that is gone for good, and another in its place", () => {
  let kubernetes: Kubernetes;
  let project: Project;
  let gone: string;
  const up = () => project.start(["up", "--yes", "--skip-preview"]).done;
  const at = (server?: string) =>
    project.mustRun("config", "set", "--secret", "kubeconfig", kubernetes.kubeconfig(server));
  const there = () => kubernetes.find("/api/v1/namespaces/default/configmaps/rules");
  /** A state in which the objects are in a cluster that does not answer any more. */
  const lost = async (generation: boolean) => {
    project = new Project(program("former", { generation }));
    at();
    expect(await up()).toMatchObject({ status: 0 });
    at(gone);
    expect(await up()).toMatchObject({ status: 0 });
    at();
  };
  beforeAll(async () => {
    kubernetes = await Kubernetes.start(built ?? "");
    gone = `https://127.0.0.1:${await freePort()}`;
  }, 180_000);
  afterAll(() => {
    kubernetes.stop();
  });

  it("takes up what the program declares by one up, and nothing is asked of the former one", async () => {
    await lost(true);
    project.program(program("another", { generation: true }));
    const { status, output } = await up();
    expect(status, output).toBe(0);
    expect(await there()).toBeDefined();
    project.remove();
  });

  it("needed a hand where objects did not go with their cluster", async () => {
    await lost(false);
    project.program(program("another", { generation: false }));
    const { status, output } = await up();
    expect(status).not.toBe(0);
    expect(output).toContain("cannot be reached");
    project.remove();
  });

  it("is no reason to leave anything in a cluster that stays: what is removed from the program is deleted", async () => {
    project = new Project(program("same", { generation: true }));
    at();
    expect(await up()).toMatchObject({ status: 0 });
    expect(await there()).toBeDefined();
    project.program(program("same", { generation: true, objects: false }));
    expect(await up()).toMatchObject({ status: 0 });
    expect(await there()).toBeUndefined();
    project.remove();
  });
});
