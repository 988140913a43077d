import * as pulumi from "@pulumi/pulumi";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readJobs } from "../../packages/jobs";
import { house } from "../../power/testing";
import { builtServer, startCluster, until, type Cluster } from "../../tests/support/api-server";
import { declared } from "../testing";
import { podOf } from "./image";
import { JobRunner } from ".";

const built = builtServer();
const node = { ...house.nodes.desktop, name: "desktop" as const };
const image = "registry.example.org/thumbs:1.4.2";
const jobs = readJobs(JSON.stringify({ jobs: { thumbs: { node: "desktop", image } } }), "jobs.yaml");
const thumbs = jobs.thumbs;

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
}
const collections: Readonly<Record<string, string>> = {
  Namespace: "namespaces",
  Role: "roles",
  RoleBinding: "rolebindings",
  ServiceAccount: "serviceaccounts",
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
};
const pathOf = ({ apiVersion, kind, metadata: { namespace } }: Manifest) =>
  `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${collections[kind] ?? ""}`;

/** What the component declares in the cluster. */
async function objects(): Promise<Manifest[]> {
  const cluster = { server: "https://10.0.0.1:6443", "certificate-authority-data": "Q0E=" };
  const kubeconfig = JSON.stringify({ clusters: [{ name: "c", cluster }] });
  const found = await declared(() => {
    new JobRunner("jobs", {
      ...{ node, jobs, sshIdentity: undefined },
      pods: {
        cluster: { kubeconfig: pulumi.secret(kubeconfig), identifier: "homelab-0123" },
        dependsOn: new pulumi.ComponentResource("test:index:Admission", "admission"),
        program: "/lib/k3s",
      },
    });
  });
  return found
    .map(({ inputs }) => inputs as unknown as Manifest)
    .filter(({ kind }) => Object.hasOwn(collections, kind));
}

/** scripts/pod.sh with the real kubectl and a real API server; the cluster's controllers and the kubelet are played. */
describe.skipIf(built === undefined)("a job that is an image, with its account's rights alone", () => {
  let cluster: Cluster;
  let folder: string;
  let last: ChildProcess | undefined;
  let token = "";
  const here = "/apis/batch/v1/namespaces/homelab-jobs-desktop/jobs";
  const pods = "/api/v1/namespaces/homelab-jobs-desktop/pods";
  const manifest = () => {
    if (thumbs === undefined) throw new Error("no job");
    return podOf("thumbs", { image }, thumbs, node);
  };
  const asAccount = (method: string, path: string, body?: object) =>
    cluster.ask(method, path, body, { authorization: `Bearer ${token}` });

  beforeAll(async () => {
    cluster = await startCluster(built ?? "", "RBAC");
    const all = await objects();
    expect(all.map(({ kind }) => kind).sort()).toEqual(Object.keys(collections).sort());
    // A namespace before what is in it.
    for (const object of [...all].sort(
      (a, b) => Number(b.kind === "Namespace") - Number(a.kind === "Namespace"),
    )) {
      const { status, body } = await cluster.ask("POST", `${pathOf(object)}?fieldValidation=Strict`, object);
      expect(status, body.message).toBe(201);
    }
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
    const path = "/api/v1/namespaces/homelab-jobs-desktop/serviceaccounts/runner/token";
    const { body } = await cluster.ask("POST", path, request);
    token = (body.status as { token: string }).token;
    folder = mkdtempSync(join(tmpdir(), "homelab-pods-"));
    // As K3s' own program, but for the lines, which come from the node.
    writeFileSync(
      join(folder, "k3s"),
      `#!/bin/bash
case " $* " in *" logs "*) echo "2026-01-01T00:00:01.0Z made 3 thumbnails"; exit ;; esac
shift
exec "${built ?? ""}" kubectl "$@"
`,
      { mode: 0o755 },
    );
    writeFileSync(
      join(folder, "kubeconfig"),
      JSON.stringify({
        ...{ apiVersion: "v1", kind: "Config", "current-context": "a" },
        clusters: [{ name: "a", cluster: { server: cluster.server, "insecure-skip-tls-verify": true } }],
        users: [{ name: "a", user: { token } }],
        contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
      }),
    );
    // The server takes up roles and policies when it does.
    await until(async () => (await asAccount("GET", here)).status === 200, 60_000);
    const elsewhere = JSON.parse(manifest().replaceAll('"desktop"', '"storage"')) as object;
    await until(
      async () => (await asAccount("POST", `${here}?dryRun=All`, elsewhere)).status === 403,
      60_000,
    );
  }, 240_000);
  afterAll(() => {
    last?.kill("SIGKILL");
    cluster.stop();
    rmSync(folder, { recursive: true });
  });

  function begin(job: string) {
    const child = spawn(
      join(__dirname, "scripts/pod.sh"),
      [join(folder, "k3s"), join(folder, "kubeconfig"), "homelab-jobs-desktop", "thumbs"],
      {
        env: {
          ...{ PATH: "/usr/bin:/bin", HOME: folder },
          ...{ HOMELAB_CORRELATION_ID: "c1d", TRACEPARENT: "00-c1d-7-01" },
        },
      },
    );
    last = child;
    child.stdin.end(job);
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data: Buffer) => (said += data.toString()));
    return new Promise<[number | null, string]>((resolve) => {
      child.on("close", (status) => {
        resolve([status, said]);
      });
    });
  }
  interface JobObject {
    readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string };
    readonly spec: { readonly template: { readonly metadata: object; readonly spec: object } };
  }
  const found = async () => {
    const { status, body } = await cluster.ask("GET", `${here}/thumbs`);
    return status === 200 ? (body as unknown as JobObject) : undefined;
  };

  it("takes the place of what a killed one left, and ends with its pod's exit status and lines", async () => {
    expect((await cluster.ask("POST", here, JSON.parse(manifest()) as object)).status).toBe(201);
    const former = (await found())?.metadata.uid;
    const ends = begin(manifest());
    // As the garbage collector does once the former pod is gone.
    await until(async () => (await found())?.metadata.deletionTimestamp !== undefined, 60_000);
    const patch = { "content-type": "application/merge-patch+json" };
    await cluster.ask("PATCH", `${here}/thumbs`, { metadata: { finalizers: null } }, patch);
    await until(async () => ![undefined, former].includes((await found())?.metadata.uid), 60_000);
    // As the Job's controller and the kubelet do.
    const template = (await found())?.spec.template;
    expect(JSON.stringify(template)).toContain('{"name":"HOMELAB_CORRELATION_ID","value":"c1d"}');
    const labels = { "batch.kubernetes.io/job-name": "thumbs" };
    const pod = { metadata: { name: "thumbs-x", labels }, spec: template?.spec };
    expect(await cluster.ask("POST", pods, pod)).toMatchObject({ status: 201 });
    const report = async (status: object) => {
      const answer = await cluster.ask("PATCH", `${pods}/thumbs-x/status`, { status }, patch);
      expect(answer.status, answer.body.message).toBe(200);
    };
    const container = { ...{ name: "thumbs", image, imageID: "" }, ready: false, restartCount: 0 };
    const terminated = { exitCode: 3, reason: "Error" };
    await report({ phase: "Failed", containerStatuses: [{ ...container, state: { terminated } }] });
    expect(await ends).toEqual([3, "made 3 thumbnails\n"]);
    await cluster.ask("DELETE", `${here}/thumbs?propagationPolicy=Background`);
  }, 180_000);

  it("is held to its node, and its account to its namespace", async () => {
    const elsewhere = manifest().replaceAll('"desktop"', '"storage"');
    const [status, said] = await begin(elsewhere);
    expect(status).toBe(1);
    expect(said).toContain("The cluster refused to begin thumbs: ");
    expect(said).toContain("A job of the house runs on desktop.");
    for (const path of [
      "/api/v1/namespaces/homelab-jobs-desktop/secrets",
      "/apis/batch/v1/namespaces/default/jobs",
    ])
      expect((await asAccount("GET", path)).status).toBe(403);
  }, 120_000);
});
