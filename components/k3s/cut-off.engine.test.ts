import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtServer, Kubernetes } from "../../packages/plugins/testing/kubernetes";
import { Project } from "../../packages/plugins/testing/project";

const built = builtServer();
const path = "/api/v1/namespaces/default/configmaps/toy";

const program = (word: string) => `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { clusterProvider } from ${JSON.stringify(__dirname)};
const kubeconfig = new pulumi.Config().requireSecret("kubeconfig");
const provider = clusterProvider("cluster", { kubeconfig, identifier: "one" }, {}, { enableConfigMapMutable: true });
new k8s.core.v1.ConfigMap("toy", { metadata: { name: "toy", namespace: "default" }, data: { word: "${word}" } }, { provider });
`;

describe.skipIf(built === undefined)("what a run made that was cut off before it could note it", () => {
  let kubernetes: Kubernetes;
  let project: Project;
  /** As such a run leaves it: the server knows its fields by a name that no state has. */
  const leave = (said: string, manager: string) =>
    kubernetes.apply(
      path,
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "toy" }, data: { word: said } },
      manager,
    );
  const word = async () => (await kubernetes.get(path)).data?.word;

  beforeAll(async () => {
    kubernetes = await Kubernetes.start(built ?? "");
    project = new Project(program("now"));
    project.mustRun("config", "set", "--secret", "kubeconfig", kubernetes.kubeconfig());
  }, 180_000);
  afterAll(() => {
    project.remove();
    kubernetes.stop();
  });

  it("is taken over by the next, although it is given something else by now", async () => {
    await leave("before", "pulumi-kubernetes-lost");
    project.up();
    expect(await word()).toBe("now");
  });

  it("does not hold what it was given against a later change", async () => {
    await leave("now", "pulumi-kubernetes-lost-too");
    project.program(program("later"));
    project.up();
    expect(await word()).toBe("later");
    expect(project.mustRun("preview", "--expect-no-changes")).toContain("unchanged");
  });
});
