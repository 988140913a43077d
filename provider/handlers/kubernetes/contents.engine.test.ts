import { setTimeout as sleep } from "node:timers/promises";
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
})
  .flatMap(({ policy, binding }) => [policy, binding])
  // As components/admission declares them.
  .map((object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { "pulumi.com/patchFieldManager": "homelab" } },
  }));
const named = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "start", namespace: "default" } };

const deployment = ({ name = "web", replicas = 1, image = "" }) => {
  const labels = { app: name };
  return {
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "default" } },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name, image, resources: { limits: { cpu: "1000m" } } }] },
      },
    },
  };
};

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    clusters: [{ cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ user: { token: "THE-TOKEN" } }],
  });
}
const drift = (kubeconfig: string, objects: object[] = []) =>
  contents.drift(contentsSchema.parse({ kubeconfig, objects }), ctx, {});
/** The same of a server that is on: one whose store is slow is not ready for a moment, and says so. */
async function seen(kubeconfig: string, objects: object[]): Promise<string[]> {
  for (let left = 60; ; left -= 1) {
    const found = await drift(kubeconfig, objects);
    if (left === 0 || !found.join().includes("it is not ready")) return found;
    await sleep(500);
  }
}
const apply = (kubeconfig: string, objects: object[], timeoutSeconds = 60) =>
  contents.apply(contentsSchema.parse({ kubeconfig, objects, timeoutSeconds }), ctx, undefined);

describe("a cluster whose API does not answer", () => {
  it("is never as declared, whatever the Kubernetes provider says, and no up calls itself done", async () => {
    const nobody = kubeconfigOf(`https://127.0.0.1:${await freePort()}`);
    expect(await drift(nobody)).toEqual([
      expect.stringMatching(/^What is declared in the cluster cannot be compared with it: .*ECONNREFUSED/),
    ]);
    await expect(apply(nobody, [], 1)).rejects.toThrow(/cannot be compared/);
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
    expect(await seen(kubeconfig, rules)).toEqual([]);

    await cluster.send("DELETE", `${policies}/homelab-placement-pods`);
    await cluster.edit(`${policies}/homelab-placement-volumes`, (policy) => {
      (policy.spec as { failurePolicy: string }).failurePolicy = "Ignore";
    });
    await cluster.edit(`${policies}/homelab-placement-claims-of-pods`, (policy) => {
      policy.metadata.labels = { ...policy.metadata.labels, mine: "yes" };
    });
    expect((await seen(kubeconfig, rules)).sort()).toEqual([
      "ValidatingAdmissionPolicy homelab-placement-pods is missing in the cluster.",
      "ValidatingAdmissionPolicy homelab-placement-volumes in the cluster was changed by hand.",
    ]);

    await apply(kubeconfig, rules);
    expect(await seen(kubeconfig, rules)).toEqual([]);
    expect((await cluster.get(`${policies}/homelab-placement-volumes`)).spec?.failurePolicy).toBe("Fail");
    expect(said.filter((text) => text.startsWith("Put right: "))).toContain(
      "Put right: ValidatingAdmissionPolicy homelab-placement-pods is missing in the cluster.",
    );
  });

  it("of which only the name is given is missed, too, and an up says what makes it again", async () => {
    expect(await seen(kubeconfig, [named])).toEqual([]);
    await apply(kubeconfig, [named]);
    await cluster.send("DELETE", "/api/v1/namespaces/default/configmaps/start");
    expect(await seen(kubeconfig, [named])).toEqual(["ConfigMap default/start is missing in the cluster."]);
    await expect(apply(kubeconfig, [named])).rejects.toThrow(/default\/start is missing.*\n.*up --refresh/);
  });

  it("that Pulumi's provider wrote is put right as if it had written it again, and what others added stays", async () => {
    const path = "/apis/apps/v1/namespaces/default/deployments/web";
    const web = deployment({ replicas: 1, image: "localhost/web:1" });
    await cluster.apply(path, web, "pulumi-kubernetes-1a2b3c4d");
    await cluster.edit(path, ({ metadata }) => {
      metadata.labels = { ...metadata.labels, "app.kubernetes.io/managed-by": "pulumi" };
    });
    expect(await seen(kubeconfig, [web])).toEqual([]);

    await cluster.edit(path, ({ metadata, spec = {} }) => {
      spec.replicas = 3;
      metadata.annotations = { ...metadata.annotations, "kubectl.kubernetes.io/restartedAt": "today" };
    });
    expect(await seen(kubeconfig, [web])).toEqual([
      "Deployment default/web in the cluster was changed by hand.",
    ]);
    await apply(kubeconfig, [web]);
    expect(await seen(kubeconfig, [web])).toEqual([]);

    const { spec, metadata } = await cluster.get(path);
    expect(spec?.replicas).toBe(1);
    expect(metadata.annotations).toMatchObject({ "kubectl.kubernetes.io/restartedAt": "today" });
    const writers = (metadata.managedFields ?? []).filter(({ operation }) => operation === "Apply");
    expect(writers.map(({ manager }) => manager)).toEqual(["pulumi-kubernetes-1a2b3c4d"]);
    // A field that the program no longer has goes, as it would have without the change by hand.
    const { selector, template } = web.spec;
    const less = { ...web, spec: { selector, template, minReadySeconds: 1 } };
    await cluster.apply(
      path,
      { ...web, spec: { ...web.spec, minReadySeconds: 2 } },
      writers[0]?.manager ?? "",
    );
    await cluster.apply(path, less, writers[0]?.manager ?? "");
    expect(await seen(kubeconfig, [less])).toEqual([]);
  });

  it("that somebody put in the place of Pulumi's own is shown, and left to the resource that has it", async () => {
    const path = "/apis/apps/v1/namespaces/default/deployments/mine";
    const mine = deployment({ name: "mine", replicas: 1, image: "localhost/web:1" });
    await cluster.send("POST", path.replace(/\/mine$/, ""), mine);
    expect(await seen(kubeconfig, [mine])).toEqual([
      "Deployment default/mine in the cluster was replaced by hand.",
    ]);
    await expect(apply(kubeconfig, [mine])).rejects.toThrow(/replaced by hand.*\n.*up --refresh/);
  });

  it("says of a Secret that it was changed, and not what is in it", async () => {
    const path = "/api/v1/namespaces/default/secrets/key";
    const metadata = { name: "key", namespace: "default" };
    const key = { apiVersion: "v1", kind: "Secret", metadata, stringData: { password: "THE-PASSWORD" } };
    await cluster.apply(path, key, "pulumi-kubernetes-1a2b3c4d");
    expect(await seen(kubeconfig, [key])).toEqual([]);
    await cluster.edit(path, (secret) => {
      Object.assign(secret, { data: { password: Buffer.from("ANOTHER").toString("base64") } });
    });
    expect(await seen(kubeconfig, [key])).toEqual(["Secret default/key in the cluster was changed by hand."]);
    await apply(kubeconfig, [key]);
    expect(await seen(kubeconfig, [key])).toEqual([]);
  });

  it("is not as declared for a user whom the cluster does not know", async () => {
    const { clusters } = JSON.parse(kubeconfig) as { clusters: [{ cluster: { server: string } }] };
    expect(await drift(kubeconfigOf(clusters[0].cluster.server), rules)).toEqual([
      expect.stringContaining("does not know the user of the kubeconfig (401)"),
    ]);
  });
});
