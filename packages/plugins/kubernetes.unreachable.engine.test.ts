import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { builtServer, Kubernetes } from "./testing/kubernetes";
import { Project } from "./testing/project";
import { freePort } from "../../tests/support/ports";

const built = builtServer();

const program = (
  identifier: string,
  colour = "red",
  more = "",
): string => `import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
const provider = new k8s.Provider("cluster", {
  kubeconfig: new pulumi.Config().requireSecret("kubeconfig"), ${identifier}
});
new k8s.core.v1.ConfigMap("settings", { metadata: { name: "settings", labels: { colour: "${colour}" } } }, { provider });
${more}`;
const identified = `clusterIdentifier: "trial",`;

describe.skipIf(built === undefined)("a cluster that cannot be reached", () => {
  let kubernetes: Kubernetes;
  let project: Project;
  let away = "";
  const run = async (
    args: string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ status: number | null; output: string }> => project.start(args, env).done;
  const up = ["up", "--yes", "--skip-preview"];
  const kubeconfig = (server?: string): string =>
    project.mustRun("config", "set", "--secret", "kubeconfig", kubernetes.kubeconfig(server));
  beforeAll(async () => {
    kubernetes = await Kubernetes.start(built ?? "");
    away = `https://127.0.0.1:${await freePort()}`;
    project = new Project(program(identified));
    kubeconfig();
    expect(await run(up)).toMatchObject({ status: 0 });
    kubeconfig(away);
  }, 180_000);
  afterAll(() => {
    project.remove();
    kubernetes.stop();
  });

  test("another address of a cluster with an identifier is an update of the provider, another identifier replaces", () => {
    expect(project.plan()).toMatchObject({ cluster: "update", settings: "same" });
    project.program(program(`clusterIdentifier: "another",`));
    expect(project.plan()).toMatchObject({ cluster: "replace", settings: "replace" });
    project.program(program(identified));
  });

  test("a preview goes on with what it knows, and says in one sentence why", async () => {
    project.program(program(identified, "blue", `new k8s.core.v1.Namespace("more", {}, { provider });`));
    expect(project.plan()).toMatchObject({ settings: "update", more: "create" });
    const { output } = await run(["preview"]);
    expect(output).toMatch(
      new RegExp(`the Kubernetes cluster at ${away} cannot be reached: .*connection refused`),
    );
  });

  test("an update fails with that sentence where something is to be done, and only there", async () => {
    const { status, output } = await run(up);
    expect(status).not.toBe(0);
    expect(output).toContain(`${away} cannot be reached`);
    project.program(program(identified));
    expect(await run(up)).toMatchObject({ status: 0 });
  });

  test("a refresh fails with what can be done, or keeps what is known where the program says so", async () => {
    const { status, output } = await run(["refresh", "--yes"]);
    expect(status).not.toBe(0);
    expect(output).toContain("set PULUMI_K8S_DELETE_UNREACHABLE=true to take the object out of the state");
    const kept = await run(["refresh", "--yes"], { PULUMI_K8S_SKIP_UPDATE_UNREACHABLE: "true" });
    expect(kept.status, kept.output).toBe(0);
    expect(project.resource("settings").id).toBe("default/settings");
  });

  test("deleting fails, until deleteUnreachable says that the cluster is gone", async () => {
    const refused = await run(["destroy", "--yes"]);
    expect(refused.status).not.toBe(0);
    expect(refused.output).toContain("PULUMI_K8S_DELETE_UNREACHABLE=true");
    const { status, output } = await run(["refresh", "--yes"], { PULUMI_K8S_DELETE_UNREACHABLE: "true" });
    expect(status, output).toBe(0);
    expect(() => project.resource("settings")).toThrow("no resource settings");
    expect(await kubernetes.find("/api/v1/namespaces/default/configmaps/settings")).toBeDefined();
  });

  test("without an identifier it is another cluster when the server is another", async () => {
    project.program(program(""));
    kubeconfig();
    expect(await run(up)).toMatchObject({ status: 0 });
    kubeconfig(away);
    expect(project.plan()).toMatchObject({ cluster: "replace", settings: "replace" });
  });

  test("a kubeconfig that is none is told without its contents", async () => {
    project.mustRun("config", "set", "--secret", "kubeconfig", "apiVersion: v1\nkey: [very-secret");
    const { output } = await run(["preview"]);
    expect(output).toContain("it is not a kubeconfig");
    expect(output).not.toContain("very-secret");
  });

  test("what this stand-in does not have is refused in a sentence", async () => {
    project.program(program(`enableServerSideApply: false,`));
    const { output } = await run(["preview"]);
    expect(output).toContain("this stand-in of the kubernetes plugin has no client-side apply");
    project.program(
      program("", "red", `new k8s.yaml.v2.ConfigFile("file", { file: "x.yaml" }, { provider });`),
    );
    kubeconfig();
    expect((await run(["preview"])).output).toContain(
      "this stand-in of the kubernetes plugin has no kubernetes:yaml/v2:ConfigFile: install the official plugin",
    );
  });
});
