import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { admissionObjects, admissionRules } from "../../policies/admission";
import { alwaysOn, declared, named, secret } from "../testing";
import { Admission } from ".";

const topology = {
  nodes: [
    { name: "storage", lifecycle: "always-on" as const, addresses: ["10.0.0.1"], labels: {}, taints: [] },
    { name: "compute", lifecycle: "on-demand" as const, addresses: ["10.0.0.3"], labels: {}, taints: [] },
  ],
  networkClasses: [],
};

class Server extends pulumi.CustomResource {
  constructor() {
    super("test:index:Server", "server", {});
  }
}
const run = () =>
  declared(() => {
    new Admission(
      "admission",
      {
        node: alwaysOn(),
        cluster: { kubeconfig: pulumi.secret("KUBECONFIG"), identifier: "homelab-1" },
        rules: admissionRules(topology),
      },
      { deletedWith: new Server() },
    );
  });

describe("an Admission", () => {
  it("writes every policy with its binding, and nothing else", async () => {
    const all = await run();
    expect(all.map(({ name }) => name).sort()).toEqual([
      "admission",
      "admission-claims-after-pods",
      "admission-claims-after-pods-binding",
      "admission-claims-of-pods",
      "admission-claims-of-pods-binding",
      "admission-cluster",
      "admission-contents",
      "admission-pods",
      "admission-pods-binding",
      "admission-volumes",
      "admission-volumes-binding",
      "server",
    ]);
    const written = all.filter(({ type }) => type.startsWith("kubernetes:")).map(({ inputs }) => inputs.spec);
    const wanted = admissionObjects(topology).map((one) => (one as { spec: object }).spec);
    expect(written).toEqual(expect.arrayContaining(wanted));
    expect(written).toHaveLength(wanted.length);
    expect(named(all, "admission-pods-binding").dependsOn).toContain("admission-pods");
  });

  it("compares all of it with the live cluster, whole, once it is written", async () => {
    const all = await run();
    const written = all.filter(({ type }) => type.startsWith("kubernetes:"));
    const { inputs, visible, dependsOn } = named(all, "admission-contents");
    expect(inputs.objects).toHaveLength(written.length);
    expect(inputs.objects).toEqual(
      expect.arrayContaining(
        written.map(({ inputs: { apiVersion, kind, metadata, spec } }) => ({
          apiVersion,
          kind,
          metadata,
          spec,
        })),
      ),
    );
    expect(dependsOn).toEqual(expect.arrayContaining(written.map(({ name }) => name)));
    expect([inputs.kubeconfig, visible.kubeconfig]).toEqual(["KUBECONFIG", secret]);
  });

  it("asks the cluster that its provider is for, whose kubeconfig is shown to nobody", async () => {
    const all = await run();
    const { inputs, visible } = named(all, "admission-cluster");
    expect(inputs).toMatchObject({
      kubeconfig: "KUBECONFIG",
      clusterIdentifier: "homelab-1",
      skipUpdateUnreachable: "true",
      upsertExistingObjects: "true",
      enablePatchForce: "true",
    });
    expect(visible.kubeconfig).toBe(secret);
    for (const one of all.filter(({ type }) => type.startsWith("kubernetes:")))
      expect([one.name, one.provider]).toEqual([one.name, "admission-cluster"]);
  });

  it("takes over rules that outlived its stack, and puts right what was changed by hand", async () => {
    for (const { inputs, type } of await run()) {
      if (!type.startsWith("kubernetes:")) continue;
      expect(inputs.metadata).toMatchObject({
        annotations: { "pulumi.com/patchFieldManager": "homelab", "pulumi.com/patchForce": "true" },
      });
    }
  });

  it("goes with the server, without a word to it: a cluster that is gone keeps no removal waiting", async () => {
    const gone = (await run()).filter(({ type }) => type.startsWith("kubernetes:"));
    expect(gone.map(({ deletedWith }) => deletedWith)).toEqual(gone.map(() => "server"));
  });
});
