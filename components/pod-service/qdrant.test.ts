import { describe, expect, it } from "vitest";
import { judge } from "../../policies/engine/judge";
import { readFiles } from "../../policies/readers/files/read";
import { computeSchema, podsOn, runningServices } from "../../services";
import type { Node } from "../../topology";
import { alwaysOn } from "../testing";
import { deployment } from "./manifest";

const compute: Node = {
  ...alwaysOn("desktop"),
  ...{ name: "compute", address: "10.0.0.3", lifecycle: "on-demand" },
};
const others = Object.fromEntries(
  ["dagster", "mlflow", "vllm", "llamaCpp", "ollama"].map((name) => [name, { enabled: false }]),
);
const reason = "derived from PostgreSQL, rebuilt by one command";
function rendered(own: object = {}) {
  const settings = computeSchema.parse({ enabled: true, ...others, qdrant: { enabled: true, ...own } });
  const { namespace, modelCache } = settings;
  const [found] = podsOn(settings, { node: compute, namespace, modelCache, pinned: (image) => image });
  const [pod] = found?.run.pods ?? [];
  if (pod === undefined || found?.keeps.kind !== "ephemeral") throw new Error("Qdrant is no pod");
  return deployment(pod, { node: compute, namespace, name: "qdrant", reason: found.keeps.reason });
}
const volumes = ["storage", "snapshots", "init"];
const image = expect.stringMatching(
  /^docker\.io\/qdrant\/qdrant:v1\.18\.2(@sha256:[0-9a-f]{64})?$/,
) as string;

const security = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};
const volumeMounts = [
  { name: "tmp", mountPath: "/tmp" },
  { name: "storage", mountPath: "/qdrant/storage" },
  { name: "snapshots", mountPath: "/qdrant/snapshots" },
  { name: "init", mountPath: "/qdrant/init" },
];
const ready = { httpGet: { path: "/readyz", port: 7333 } };
const labels = { "app.kubernetes.io/name": "qdrant", "app.kubernetes.io/part-of": "homelab" };

describe("Qdrant", () => {
  it("is off by default, also where everything else on compute is on", () => {
    expect(runningServices(computeSchema.parse({ enabled: true }))).not.toContain("qdrant");
    expect(runningServices(computeSchema.parse({ qdrant: { enabled: true } }))).toEqual([]);
  });

  it("is one pod on its node, which begins empty and keeps nothing, at the port of the settings", () => {
    expect(rendered({ port: 7333, cpu: "1", memory: "4Gi", disk: "20Gi" })).toEqual({
      metadata: { name: "qdrant", namespace: "homelab-compute", labels },
      spec: {
        ...{ replicas: 1, revisionHistoryLimit: 2, strategy: { type: "Recreate" } },
        selector: { matchLabels: { "app.kubernetes.io/name": "qdrant" } },
        template: {
          metadata: {
            labels,
            annotations: {
              "homelab.dev/ephemeral": "derived from PostgreSQL, rebuilt by one command",
              "homelab.dev/ephemeral-volumes": "storage,snapshots,init",
            },
          },
          spec: {
            nodeSelector: { "kubernetes.io/hostname": "compute" },
            tolerations: [
              { key: "homelab.dev/lifecycle", operator: "Equal", value: "on-demand", effect: "NoSchedule" },
            ],
            securityContext: {
              ...{ runAsNonRoot: true, runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
              seccompProfile: { type: "RuntimeDefault" },
            },
            ...{ automountServiceAccountToken: false, enableServiceLinks: false },
            ...{ terminationGracePeriodSeconds: 30, restartPolicy: "Always" },
            initContainers: [
              {
                ...{ name: "begin-anew", image, imagePullPolicy: "IfNotPresent" },
                // PostgreSQL's watermark is true of nothing that a power cut may have shortened.
                command: ["find", "/qdrant/storage", "-mindepth", "1", "-delete"],
                env: [{ name: "HOME", value: "/tmp" }],
                resources: { requests: { cpu: "10m", memory: "16Mi" } },
                ...{ securityContext: security, volumeMounts },
              },
            ],
            containers: [
              {
                ...{ name: "qdrant", image, imagePullPolicy: "IfNotPresent" },
                env: [
                  { name: "HOME", value: "/tmp" },
                  { name: "QDRANT__SERVICE__HTTP_PORT", value: "7333" },
                  { name: "QDRANT__TELEMETRY_DISABLED", value: "true" },
                  { name: "QDRANT_INIT_FILE_PATH", value: "/qdrant/init/.qdrant-initialized" },
                ],
                ports: [{ name: "service", containerPort: 7333, hostPort: 7333 }],
                startupProbe: { ...ready, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 60 },
                readinessProbe: { ...ready, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 3 },
                livenessProbe: { ...ready, periodSeconds: 30, timeoutSeconds: 20, failureThreshold: 5 },
                resources: { requests: { cpu: "1", memory: "4Gi" }, limits: { memory: "4Gi" } },
                ...{ securityContext: security, volumeMounts },
              },
            ],
            volumes: [
              { name: "tmp", emptyDir: {} },
              { name: "storage", emptyDir: { sizeLimit: "20Gi" } },
              { name: "snapshots", emptyDir: {} },
              { name: "init", emptyDir: {} },
            ],
          },
        },
      },
    });
  });
});

type Rendered = ReturnType<typeof rendered>;
/** As a manifest, which the placement rule reads. */
interface Pod {
  metadata: { annotations: Record<string, string> };
  spec: { containers: { volumeMounts: object[] }[]; volumes: { name: string }[] };
}

/** What the placement rule says of the Deployment, changed by `change`. */
function judged(change: (pod: Pod) => void) {
  const deployment = JSON.parse(JSON.stringify(rendered())) as Rendered;
  change(deployment.spec.template as unknown as Pod);
  const text = JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", ...deployment });
  const { facts, errors } = readFiles([{ path: "qdrant.json", text }], {
    read: () => undefined,
    filesIn: () => [],
  });
  expect([...errors]).toEqual([]);
  const { violations, exemptions } = judge(facts, {
    nodes: [{ name: "compute", lifecycle: "on-demand", addresses: ["10.0.0.3"], labels: {}, taints: [] }],
    networkClasses: [],
  });
  return {
    violations: new Set(violations.map(({ rule }) => rule)),
    reasons: new Set(exemptions.map(({ reason }) => reason)),
  };
}
const undeclared = ({ metadata }: Pod) => {
  metadata.annotations = {};
};
/** Its storage on the node's own disk instead of with the pod. */
const onTheNode = ({ spec }: Pod) => {
  spec.volumes = spec.volumes.map(({ name }) =>
    volumes.includes(name) ? { name, hostPath: { path: `/srv/qdrant/${name}` } } : { name, emptyDir: {} },
  );
};

describe("the placement rule, of Qdrant", () => {
  it("finds nothing: what it stores goes with the pod", () => {
    expect(judged(() => undefined)).toEqual({ violations: new Set(), reasons: new Set() });
    expect(judged(undeclared)).toEqual({ violations: new Set(), reasons: new Set() });
  });

  it("exempts storage on the node's disk by the reason alone, and refuses it without", () => {
    expect(judged(onTheNode)).toEqual({ violations: new Set(), reasons: new Set([reason]) });
    const refused = judged((pod) => {
      onTheNode(pod);
      undeclared(pod);
    });
    expect(refused).toEqual({ violations: new Set(["writable-host-path"]), reasons: new Set() });
  });

  it("refuses it without a volume, because its image's own directory is one on the node", () => {
    const refused = judged((pod) => {
      undeclared(pod);
      for (const container of pod.spec.containers) container.volumeMounts = [];
    });
    expect(refused.violations).toEqual(new Set(["database-without-volume"]));
  });
});
