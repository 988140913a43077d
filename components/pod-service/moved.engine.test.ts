import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtServer, Kubernetes } from "../../packages/plugins/testing/kubernetes";
import { Project } from "../../packages/plugins/testing/project";

const built = builtServer();

/** The pods of a service as ComputeNode's own children, as they were before, or as a PodService's. */
const program = (as: "former" | "now" | "without aliases") => `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { PodService } from ${JSON.stringify(__dirname)};
import { deployment } from ${JSON.stringify(`${__dirname}/manifest`)};
import { clusterProvider } from ${JSON.stringify(`${__dirname}/../k3s`)};
const kubeconfig = new pulumi.Config().requireSecret("kubeconfig");
const provider = clusterProvider("cluster", { kubeconfig, identifier: "one" }, {});
const node = { name: "compute", address: "10.0.0.3", lifecycle: "on-demand" };
const pod = (name) => ({
  name, awaited: false,
  programs: [{ name, image: "docker.io/toys/toy:1", requests: { cpu: "1m", memory: "1Mi" } }],
});
const run = { name: "toy", pods: [pod("toy"), pod("toy-worker")], files: { "toy-files": { "a.txt": "a" } } };
const namespace = "default";
const forget = ({ props, opts }) => ({ props, opts: { ...opts, aliases: [] } });
class Compute extends pulumi.ComponentResource {
  constructor() {
    super("homelab:index:ComputeNode", "compute", {}, {
      transformations: ${as === "without aliases" ? "[forget]" : "[]"},
    });
    if (${as === "former"}) {
      const own = { parent: this, provider };
      new k8s.core.v1.ConfigMap("compute-toy-files", { metadata: { name: "toy-files", namespace }, data: run.files["toy-files"] }, own);
      for (const one of run.pods) {
        new k8s.apps.v1.Deployment("compute-" + one.name, deployment(one, { node, namespace, name: "toy" }), own);
      }
    } else {
      new PodService("compute-toy", { node, run, keeps: { kind: "nothing" }, namespace, inNamespace: { provider }, inCluster: { provider } }, { parent: this });
    }
  }
}
new Compute();
`;

describe.skipIf(built === undefined)("what was ComputeNode's own before there was a PodService", () => {
  let kubernetes: Kubernetes;
  let project: Project;
  const uids = async () =>
    Promise.all(
      ["toy", "toy-worker"].map(
        async (name) =>
          (await kubernetes.find(`/apis/apps/v1/namespaces/default/deployments/${name}`))?.metadata.uid,
      ),
    );
  beforeAll(async () => {
    kubernetes = await Kubernetes.start(built ?? "");
    project = new Project(program("former"));
    project.mustRun("config", "set", "--secret", "kubeconfig", kubernetes.kubeconfig());
    project.up();
  }, 180_000);
  afterAll(() => {
    project.remove();
    kubernetes.stop();
  });

  it("would be lost to a program without the aliases", () => {
    project.program(program("without aliases"));
    expect(project.plan()).toMatchObject({ "compute-toy-pod": "create", "compute-toy-files": "delete" });
  });

  it("is found again in a state of the version before: nothing is replaced, deleted or created a second time", async () => {
    const before = await uids();
    expect(before).not.toContain(undefined);
    project.program(program("now"));
    expect(project.plan()).toMatchObject({
      "compute-toy": "create",
      ...{ "compute-toy-pod": "same", "compute-toy-worker": "same", "compute-toy-files": "same" },
    });
    project.up();
    expect(await uids()).toEqual(before);
  });
});
