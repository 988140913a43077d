import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtServer, startCluster, until, type Cluster } from "../tests/support/api-server";
import { computeSchema } from ".";
import { parse } from "yaml";
import { instance } from "./dagster-instance";
import { runsPolicy } from "./runs-policy";

const node = {
  name: "compute" as const,
  address: "10.0.0.3",
  lifecycle: "on-demand" as const,
  memoryBytes: 64 * 1024 ** 3,
  hostKey: "ssh-ed25519 AAAA",
  ssh: { user: "root", port: 22 },
};
const settings = computeSchema.parse({ enabled: true });
const { namespace, modelCache } = settings;
const around = { node, namespace, modelCache, pinned: (image: string) => image };
const dagster = `system:serviceaccount:${settings.namespace}:dagster`;

interface RunConfig {
  container_config: Record<string, unknown>;
  pod_spec_config: Record<string, unknown>;
}
/** A Job as Dagster's launcher makes it of the instance's configuration. */
function job() {
  const { run_launcher } = parse(instance(settings.dagster, around)) as {
    run_launcher: { config: { run_k8s_config: RunConfig } };
  };
  const { container_config, pod_spec_config } = run_launcher.config.run_k8s_config;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { generateName: "dagster-run-" },
    spec: {
      template: {
        spec: {
          ...pod_spec_config,
          restartPolicy: "Never",
          serviceAccountName: "dagster",
          containers: [{ name: "dagster", image: "dagster", ...container_config }] as Record<
            string,
            unknown
          >[],
        } as Record<string, unknown> & { containers: Record<string, unknown>[] },
      },
    },
  };
}

type Pod = ReturnType<typeof job>["spec"]["template"]["spec"];
const container = (change: Record<string, unknown>) => (pod: Pod) =>
  Object.assign(pod.containers[0] ?? {}, change);
const context = (change: Record<string, unknown>) => (pod: Pod) =>
  Object.assign(pod.containers[0]?.securityContext as object, change);
const ways: [what: string, change: (pod: Pod) => unknown][] = [
  ["a path of the node", (pod) => (pod.volumes as object[]).push({ name: "x", hostPath: { path: "/" } })],
  ["a volume of a driver", (pod) => (pod.volumes as object[]).push({ name: "x", csi: { driver: "x" } })],
  [
    "a claim",
    (pod) => (pod.volumes as object[]).push({ name: "x", persistentVolumeClaim: { claimName: "x" } }),
  ],
  ["another's token", (pod) => (pod.volumes as object[]).push({ name: "x", projected: { sources: [] } })],
  ["the node's network", (pod) => (pod.hostNetwork = true)],
  ["the node's processes", (pod) => (pod.hostPID = true)],
  ["the node's memory", (pod) => (pod.hostIPC = true)],
  ["a port of the node", container({ ports: [{ containerPort: 80, hostPort: 80 }] })],
  ["all rights", context({ privileged: true, allowPrivilegeEscalation: true })],
  ["a right", context({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } })],
  ["root", context({ runAsUser: 0, runAsNonRoot: false })],
  ["root of the pod", (pod) => (pod.securityContext = { runAsUser: 0 })],
  ["no context", container({ securityContext: undefined })],
  [
    "an init container with all rights",
    (pod) => (pod.initContainers = [{ name: "i", image: "i", securityContext: { privileged: true } }]),
  ],
  ["another node", (pod) => (pod.nodeSelector = { "kubernetes.io/hostname": "storage" })],
  ["any node", (pod) => (pod.nodeSelector = undefined)],
  ["another node by name", (pod) => (pod.nodeName = "storage")],
];

const built = builtServer();
describe.skipIf(built === undefined)("a Job that Dagster begins", () => {
  let cluster: Cluster;
  const begin = (change: (pod: Pod) => unknown, user = dagster) => {
    const wanted = job();
    change(wanted.spec.template.spec);
    const path = `/apis/batch/v1/namespaces/${settings.namespace}/jobs?dryRun=All`;
    return cluster.ask("POST", path, wanted, { "impersonate-user": user });
  };
  beforeAll(async () => {
    cluster = await startCluster(built ?? "");
    const at = "/apis/admissionregistration.k8s.io/v1";
    const { policy, binding } = runsPolicy(node, namespace, "dagster", {
      by: "dagster",
      one: "A run of Dagster",
    });
    for (const [path, body] of [
      ["/api/v1/namespaces", { metadata: { name: settings.namespace } }],
      [`${at}/validatingadmissionpolicies`, policy],
      [`${at}/validatingadmissionpolicybindings`, binding],
    ] as const) {
      const { status, body: said } = await cluster.ask("POST", path, body);
      if (status !== 201) throw new Error(said.message);
    }
    await until(async () => (await begin((pod) => (pod.hostNetwork = true))).status === 403, 60_000);
  });
  afterAll(() => {
    cluster.stop();
  });

  it("as its configuration says is let in", async () => {
    const { status, body } = await begin(() => undefined);
    expect([status, body.message]).toEqual([201, undefined]);
  });

  it.each(ways)("with %s is refused, in a sentence", async (_, change) => {
    const { status, body } = await begin(change);
    expect([status, body.message]).toEqual([403, expect.stringMatching(/A run of Dagster (runs|has) .*\./)]);
  });

  it("is no rule for others", async () => {
    expect((await begin((pod) => (pod.hostNetwork = true), "admin")).status).toBe(201);
  });
});
