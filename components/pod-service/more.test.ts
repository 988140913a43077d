import { describe, expect, it } from "vitest";
import { house } from "../../power/testing";
import { judge } from "../../policies/engine/judge";
import { readFiles } from "../../policies/readers/files/read";
import { computeSchema, podsOn } from "../../services";
import { checkSettings, loadSettings } from "../../settings";
import { refusals } from "../../settings/testing";
import type { Node } from "../../topology";
import { alwaysOn } from "../testing";
import { deployment } from "./manifest";

const node: Node = { ...alwaysOn("desktop"), name: "compute", address: "10.0.0.3", lifecycle: "on-demand" };

/** llama.cpp's Deployment, with further keys of its pod from the stack file. */
function rendered(pod: object) {
  const settings = computeSchema.parse({ enabled: true, llamaCpp: { pod } });
  const { namespace, modelCache } = settings;
  const found = podsOn(settings, { node, namespace, modelCache, pinned: String }).find(
    ({ run }) => run.name === "llama-cpp",
  );
  const [one] = found?.run.pods ?? [];
  if (found?.keeps.kind !== "ephemeral" || one === undefined) throw new Error("llama.cpp is no pod");
  const { more, keeps } = found;
  const around = { node, namespace, name: "llama-cpp", reason: keeps.reason };
  return deployment(one, more === undefined ? around : { ...around, more });
}
const said = (pod: object) =>
  refusals(() => {
    const compute = JSON.stringify({ enabled: true, llamaCpp: { pod } });
    const keys = { "homelab:compute": compute, "homelab:k3s": JSON.stringify({ enabled: true }) };
    const around = { home: "/nowhere", exists: () => false };
    checkSettings(loadSettings("compute", keys, around), "compute", house);
  });

describe("further keys of a pod, from the stack file,", () => {
  it("are added to those that the program writes", () => {
    const volume = { name: "scratch", emptyDir: { medium: "Memory" } };
    const pod = rendered({
      labels: { team: "search" },
      spec: { priorityClassName: "low", terminationGracePeriodSeconds: 60, volumes: [volume] },
      container: {
        env: [{ name: "TZ", value: "Europe/Berlin" }],
        volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
        resources: { limits: { memory: "4Gi" } },
      },
    }).spec.template;
    const without = rendered({}).spec.template;
    expect(pod.metadata.labels).toEqual({ ...without.metadata.labels, team: "search" });
    expect(pod.metadata.annotations).toEqual(without.metadata.annotations);
    const [ours] = without.spec.containers as unknown as Record<string, unknown[]>[];
    expect(pod.spec).toEqual({
      ...without.spec,
      ...{ priorityClassName: "low", terminationGracePeriodSeconds: 60 },
      volumes: [...(without.spec.volumes as object[]), volume],
      containers: [
        {
          ...ours,
          env: [...(ours?.env ?? []), { name: "TZ", value: "Europe/Berlin" }],
          volumeMounts: [...(ours?.volumeMounts ?? []), { name: "scratch", mountPath: "/scratch" }],
          resources: { ...(ours?.resources as object | undefined), limits: { memory: "4Gi" } },
        },
      ],
    });
  });

  it.each([
    [
      { spec: { hostNetwork: true } },
      /spec\.hostNetwork is true: it may not be set: it has no way to its node/,
    ],
    [{ spec: { hostPID: true } }, /spec\.hostPID/],
    [{ spec: { nodeName: "storage" } }, /spec\.nodeName is "storage": it may not be set: where it runs/],
    [{ spec: { tolerations: [] } }, /spec\.tolerations/],
    [{ spec: { containers: [] } }, /spec\.containers/],
    [{ spec: { serviceAccountName: "dagster" } }, /spec\.serviceAccountName/],
    [{ spec: { securityContext: { runAsUser: 0 } } }, /spec\.securityContext\.runAsUser is 0: .* as nobody/],
    [
      { spec: { volumes: [{ name: "x", hostPath: { path: "/srv/x" } }] } },
      /spec\.volumes\.0\.hostPath .* it may not be set: data in a directory of the node/,
    ],
    [{ spec: { volumes: {} } }, /spec\.volumes is \{\}: it must be a list/],
    [{ container: { image: "x:1" } }, /container\.image/],
    [
      { container: { ports: [] } },
      /container\.ports is \[\]: it may not be set: a port that no service declares/,
    ],
    [{ container: { livenessProbe: {} } }, /container\.livenessProbe/],
    [{ container: { securityContext: { privileged: true } } }, /container\.securityContext\.privileged/],
    [{ container: { securityContext: { capabilities: {} } } }, /container\.securityContext\.capabilities/],
    [{ container: { resources: { requests: {} } } }, /container\.resources\.requests/],
    [{ annotations: { "homelab.dev/ephemeral": "mine" } }, /annotations\.homelab\.dev\/ephemeral/],
    [{ labels: { "app.kubernetes.io/name": "x" } }, /labels\.app\.kubernetes\.io\/name/],
    [{ metadata: {} }, /pod\.metadata is not a known key/],
  ])("are refused with one sentence where they would break a promise: %j", (pod, sentence) => {
    const sentences = said(pod);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(/^homelab:compute\.llamaCpp\.pod\./);
    expect(sentences[0]).toMatch(sentence);
  });

  it.each([
    [{ container: { env: [{ name: "LLAMA_CACHE", value: "/x" }] } }, "container.env.0.name", "LLAMA_CACHE"],
    [{ spec: { volumes: [{ name: "models", emptyDir: {} }] } }, "spec.volumes.0.name", "models"],
    [
      { container: { volumeMounts: [{ name: "x", mountPath: "/models" }] } },
      "container.volumeMounts.0.mountPath",
      "/models",
    ],
  ])("take the place of nothing of the service's own: %j", (pod, at, name) => {
    expect(said(pod)).toEqual([
      `homelab:compute.llamaCpp.pod.${at} is "${name}": it must be another one, because the service has its own.`,
    ]);
  });

  it("are judged by the placement rule, as all that the program writes", () => {
    const claim = { name: "kept", persistentVolumeClaim: { claimName: "kept" } };
    const judged = (pod: object) => {
      const text = JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", ...rendered(pod) });
      const files = { read: () => undefined, filesIn: () => [] };
      const { facts } = readFiles([{ path: "pod.json", text }], files);
      const { violations } = judge(facts, {
        nodes: [{ name: "compute", lifecycle: "on-demand", addresses: ["10.0.0.3"], labels: {}, taints: [] }],
        networkClasses: [],
      });
      return violations;
    };
    expect(judged({})).toEqual([]);
    expect(judged({ spec: { volumes: [claim] } })).not.toEqual([]);
  });
});
