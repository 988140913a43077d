import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admissionObjects } from "../../policies/admission";
import { contents, contentsSchema } from "../../provider/handlers/kubernetes/contents";
import { builtServer, startCluster, until, type Cluster } from "../../tests/support/api-server";
import type { Node } from "../../topology";
import type { Declared } from "../testing";
import { compute, desktop, familiar, image, runOn } from "./testing";

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec: { template?: { spec: { nodeSelector: Record<string, string> } } };
}

const collections: Readonly<Record<string, string>> = {
  ConfigMap: "configmaps",
  CronJob: "cronjobs",
  Deployment: "deployments",
  Namespace: "namespaces",
  Secret: "secrets",
  Service: "services",
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
};
function pathOf({ apiVersion, kind, metadata: { namespace } }: Manifest): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${collections[kind] ?? ""}`;
}
const manifests = (all: readonly Declared[]) =>
  all.filter(({ type }) => type.startsWith("kubernetes:")).map(({ inputs }) => inputs as unknown as Manifest);

const directory = { "/srv/homelab/own": "/data" };
const keeping = { image, cluster: true, keeps: directory };
const losing = { image, cluster: true, ephemeral: { directories: directory, reason: "fetched again" } };
const nightly = {
  ...{ image, cluster: true, replicas: 1 },
  schedule: { at: "Mon..Fri 03:30 Europe/Berlin", limitSeconds: 600 },
};
const all = { familiar: { ...familiar, pod: {} }, twins: { image, cluster: true, replicas: 2 }, nightly };

const built = builtServer();

describe.skipIf(built === undefined)("workloads in a real API server with the placement rule", () => {
  let cluster: Cluster;
  const send = (object: Manifest, query = "") =>
    cluster.ask("POST", `${pathOf(object)}?fieldValidation=Strict${query}`, object);
  /** What the server says to everything of a node, with nothing but its namespace made. */
  async function said(node: Node, workloads: object, keys: object = {}, elsewhere?: string) {
    const { found } = await runOn(node, workloads, keys);
    const answers: [string, number, string | undefined][] = [];
    for (const object of manifests(found)) {
      if (object.kind === "Namespace") {
        await send(object);
        continue;
      }
      if (elsewhere !== undefined && object.spec.template !== undefined)
        object.spec.template.spec.nodeSelector["kubernetes.io/hostname"] = elsewhere;
      const { status, body } = await send(object, "&dryRun=All");
      answers.push([
        `${object.kind} ${object.metadata.name}`,
        status,
        status === 201 ? undefined : body.message,
      ]);
    }
    return answers;
  }
  beforeAll(async () => {
    cluster = await startCluster(built ?? "");
    const nodes = [desktop, compute].map(({ name, lifecycle, address }) => ({
      ...{ name, lifecycle, addresses: [address], labels: {}, taints: [] },
    }));
    for (const object of admissionObjects({ nodes, networkClasses: [] }) as unknown as Manifest[]) {
      const { status, body } = await send(object);
      expect(status, body.message).toBe(201);
    }
    // The server takes up a policy when it does.
    await until(
      async () => (await said(desktop, { own: keeping }, {}, "compute")).some(([, status]) => status === 403),
      60_000,
    );
  }, 180_000);
  afterAll(() => {
    cluster.stop();
  });

  it(
    "are accepted as they are rendered: every field is one that the API has",
    { timeout: 120_000 },
    async () => {
      for (const node of [desktop, compute]) {
        const answers = await said(node, all);
        expect(answers.map(([what]) => what).sort()).toEqual([
          "ConfigMap workload-familiar-files",
          "CronJob workload-nightly",
          "Deployment workload-familiar",
          "Deployment workload-twins",
          "Secret workload-familiar",
          "Secret workload-familiar-credentials",
          "Service workload-familiar",
        ]);
        expect(answers.filter(([, status]) => status !== 201)).toEqual([]);
      }
    },
  );

  it(
    "are accepted as a pool of agents, too, that waits and that comes at a time",
    { timeout: 120_000 },
    async () => {
      const pool = { image, cluster: true, replicas: 2, models: [] };
      const pools = { mail: pool, code: { ...pool, schedule: { at: "20:00" } } };
      const answers = await said(desktop, {}, { nats: { enabled: true }, agents: { pools } });
      expect(answers.map(([what]) => what)).toEqual(
        expect.arrayContaining(["Deployment agent-mail", "CronJob agent-code"]),
      );
      expect(answers.filter(([, status]) => status !== 201)).toEqual([]);
    },
  );

  it(
    "may keep data on an always-on node, and on compute what may be lost",
    { timeout: 120_000 },
    async () => {
      for (const answers of [await said(desktop, { own: keeping }), await said(compute, { own: losing })])
        expect(answers).toEqual([["Deployment workload-own", 201, undefined]]);
    },
  );

  it("are refused where they would keep data on compute", { timeout: 120_000 }, async () => {
    const [answer, ...others] = await said(desktop, { own: keeping }, {}, "compute");
    expect(others).toEqual([]);
    expect(answer).toEqual([
      "Deployment workload-own",
      403,
      expect.stringMatching(/writable-host-path: .*\/srv\/homelab\/own/),
    ]);
  });

  it(
    "are as declared once they are there, and what somebody changed is shown",
    { timeout: 120_000 },
    async () => {
      const { found } = await runOn(desktop, all);
      const objects = manifests(found);
      const put = async (object: Manifest, change: object = {}, manager = "pulumi-kubernetes-1a2b3c4d") => {
        const path = `${pathOf(object)}/${object.metadata.name}?fieldManager=${manager}&force=true`;
        const type = { "content-type": "application/apply-patch+yaml" };
        const { status, body } = await cluster.ask("PATCH", path, { ...object, ...change }, type);
        expect(status, body.message).toBeLessThan(300);
      };
      for (const object of objects) await put(object);
      const kubeconfig = JSON.stringify({
        clusters: [{ cluster: { server: cluster.server, "insecure-skip-tls-verify": true } }],
        users: [{ user: { token: cluster.token } }],
      });
      const context = {
        signal: new AbortController().signal,
        log: { info: () => undefined, warn: () => undefined },
      };
      const differences = () => contents.drift(contentsSchema.parse({ kubeconfig, objects }), context, {});
      expect(await differences()).toEqual([]);

      const byName = (kind: string, name: string): Manifest => {
        const one = objects.find((each) => each.kind === kind && each.metadata.name === name);
        if (one === undefined) throw new Error(`no ${kind} ${name}`);
        return one;
      };
      const nightlyJob = byName("CronJob", "workload-nightly");
      await put(nightlyJob, { spec: { ...nightlyJob.spec, suspend: true } }, "somebody");
      const files = byName("ConfigMap", "workload-familiar-files");
      await cluster.ask("DELETE", `${pathOf(files)}/${files.metadata.name}`);
      expect([...(await differences())].sort()).toEqual([
        "ConfigMap homelab-workloads-desktop/workload-familiar-files is missing in the cluster.",
        "CronJob homelab-workloads-desktop/workload-nightly in the cluster was changed by hand.",
      ]);
    },
  );
});
