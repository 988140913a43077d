import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admissionRules } from "../../../policies/admission";
import { builtServer, Kubernetes } from "../../../packages/plugins/testing/kubernetes";
import { freePort } from "../../../tests/support/ports";
import type { Context } from "../../handler";
import { contents, contentsSchema } from "./contents";

const signal = new AbortController().signal;
const said: string[] = [];
const ctx: Context = { signal, log: { info: (text) => said.push(text), warn: (text) => said.push(text) } };

const policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const rules = admissionRules({
  nodes: [{ name: "storage", lifecycle: "always-on", addresses: ["10.0.0.1"], labels: {}, taints: [] }],
  networkClasses: [],
}).flatMap(({ policy, binding }) => [policy, binding]);
const named = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "start", namespace: "default" } };

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    clusters: [{ cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ user: { token: "THE-TOKEN" } }],
  });
}
const drift = (kubeconfig: string, objects: object[] = []) =>
  contents.drift(contentsSchema.parse({ kubeconfig, objects }), ctx, {});
const apply = (kubeconfig: string, objects: object[], timeoutSeconds = 1) =>
  contents.apply(contentsSchema.parse({ kubeconfig, objects, timeoutSeconds }), ctx, undefined);

describe("a cluster whose API does not answer", () => {
  it("is never as declared, whatever the Kubernetes provider says, and no up calls itself done", async () => {
    const nobody = kubeconfigOf(`https://127.0.0.1:${await freePort()}`);
    expect(await drift(nobody)).toEqual([
      expect.stringMatching(/^What is declared in the cluster cannot be compared with it: .*ECONNREFUSED/),
    ]);
    await expect(apply(nobody, [])).rejects.toThrow(/cannot be compared/);
  });

  it("shows nothing of a kubeconfig that cannot be read", async () => {
    const found = await Promise.all([drift("THE-KEY: ["), drift("a: THE-KEY")]);
    expect(found.flat()).toHaveLength(2);
    expect(found.join()).not.toContain("THE-KEY");
  });
});

describe.skipIf(builtServer() === undefined)("what is declared in a cluster", () => {
  let cluster: Kubernetes;
  let kubeconfig: string;

  beforeAll(async () => {
    cluster = await Kubernetes.start(builtServer() ?? "");
    kubeconfig = cluster.kubeconfig();
    await cluster.send("POST", "/api/v1/namespaces/default/configmaps", { ...named, data: { a: "1" } });
  });
  afterAll(() => {
    cluster.stop();
  });

  it("that was deleted or changed by hand is shown, put right by an up, and then as declared", async () => {
    await apply(kubeconfig, rules);
    expect(await drift(kubeconfig, rules)).toEqual([]);

    await cluster.send("DELETE", `${policies}/homelab-placement-pods`);
    await cluster.edit(`${policies}/homelab-placement-volumes`, (policy) => {
      (policy.spec as { failurePolicy: string }).failurePolicy = "Ignore";
    });
    await cluster.edit(`${policies}/homelab-placement-claims-of-pods`, (policy) => {
      policy.metadata.labels = { ...policy.metadata.labels, mine: "yes" };
    });
    expect((await drift(kubeconfig, rules)).sort()).toEqual([
      "ValidatingAdmissionPolicy homelab-placement-pods is missing in the cluster.",
      "ValidatingAdmissionPolicy homelab-placement-volumes in the cluster was changed by hand.",
    ]);

    await apply(kubeconfig, rules);
    expect(await drift(kubeconfig, rules)).toEqual([]);
    expect((await cluster.get(`${policies}/homelab-placement-volumes`)).spec?.failurePolicy).toBe("Fail");
    expect(said.filter((text) => text.startsWith("Put right: "))).toContain(
      "Put right: ValidatingAdmissionPolicy homelab-placement-pods is missing in the cluster.",
    );
  });

  it("of which only the name is given is missed, too, and an up says what makes it again", async () => {
    expect(await drift(kubeconfig, [named])).toEqual([]);
    await apply(kubeconfig, [named]);
    await cluster.send("DELETE", "/api/v1/namespaces/default/configmaps/start");
    expect(await drift(kubeconfig, [named])).toEqual(["ConfigMap default/start is missing in the cluster."]);
    await expect(apply(kubeconfig, [named], 60)).rejects.toThrow(
      /default\/start is missing.*\n.*up --refresh/,
    );
  });

  it("is not as declared for a user whom the cluster does not know", async () => {
    const { clusters } = JSON.parse(kubeconfig) as { clusters: [{ cluster: { server: string } }] };
    expect(await drift(kubeconfigOf(clusters[0].cluster.server), rules)).toEqual([
      expect.stringContaining("does not know the user of the kubeconfig (401)"),
    ]);
  });
});
