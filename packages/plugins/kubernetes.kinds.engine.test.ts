import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { builtServer, Kubernetes } from "./testing/kubernetes";
import { Project } from "./testing/project";

const built = builtServer();

/** Every kind that this project declares, written as people write it: the server writes much of it in its own way. */
const program = `import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
const provider = new k8s.Provider("cluster", {
  kubeconfig: new pulumi.Config().requireSecret("kubeconfig"), clusterIdentifier: "trial", namespace: "lab",
});
const space = new k8s.core.v1.Namespace("lab", { metadata: { name: "lab", labels: {} } }, { provider });
const options = { provider, dependsOn: space };
const named = (name: string) => ({ name, annotations: { "pulumi.com/skipAwait": "true" } });
const app = { app: "web" };
const probe = { httpGet: { path: "/health", port: "http" }, periodSeconds: 10, initialDelaySeconds: 0 };
const container = {
  name: "main", image: "app:1", command: ["serve", "--port", "80"], args: [],
  env: [
    { name: "EMPTY", value: "" }, { name: "PLAIN", value: "1" },
    { name: "KEY", valueFrom: { secretKeyRef: { name: "keys", key: "word", optional: false } } },
    { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
  ],
  envFrom: [{ configMapRef: { name: "settings" } }],
  ports: [{ containerPort: 80, name: "http" }, { containerPort: 53, protocol: "UDP" }],
  resources: { requests: { cpu: "1000m", memory: "1024Mi" }, limits: { cpu: "1.5", memory: "2Gi", "nvidia.com/gpu": "1" } },
  readinessProbe: probe, livenessProbe: { exec: { command: ["true"] } }, startupProbe: { tcpSocket: { port: 80 } },
  volumeMounts: [{ name: "work", mountPath: "/work" }, { name: "settings", mountPath: "/etc/app", readOnly: true }],
  securityContext: { allowPrivilegeEscalation: false, privileged: false, capabilities: { drop: ["ALL"] } },
};
const podSpec = {
  containers: [container, { name: "side", image: "side:1", resources: {}, securityContext: {} }],
  initContainers: [{ name: "init", image: "init:1" }],
  volumes: [
    { name: "work", emptyDir: {} }, { name: "cache", emptyDir: { medium: "Memory", sizeLimit: "1024Mi" } },
    { name: "settings", configMap: { name: "settings", items: [{ key: "key", path: "key" }] } },
    { name: "host", hostPath: { path: "/srv", type: "" } },
    { name: "all", projected: { sources: [{ secret: { name: "keys" } }, { downwardAPI: { items: [
      { path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } }] } },
  ],
  tolerations: [
    { key: "homelab.dev/lifecycle", operator: "Equal", value: "on-demand", effect: "NoSchedule" },
    { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 10 },
  ],
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [
    { matchExpressions: [{ key: "gpu", operator: "In", values: ["yes"] }] }] } } },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: app } }],
  nodeSelector: { disk: "fast" }, securityContext: { runAsNonRoot: true, fsGroup: 1000 }, hostNetwork: false,
  imagePullSecrets: [{ name: "registry" }], terminationGracePeriodSeconds: 30, automountServiceAccountToken: false,
};
const template = { metadata: { labels: app, annotations: { "a.b/c": "d" } }, spec: podSpec };
const selector = { matchLabels: app };
const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1024Mi" } }, storageClassName: "lazy" };
const job = { backoffLimit: 2, template: { spec: { containers: [{ name: "a", image: "a:1" }], restartPolicy: "Never" } } };
new k8s.core.v1.ConfigMap("settings", { metadata: { name: "settings" }, data: { key: "value", empty: "" },
  binaryData: { raw: "AAEC" } }, options);
new k8s.core.v1.Secret("keys", { metadata: { name: "keys" }, type: "Opaque", stringData: { word: "w" },
  data: { other: "eA==" } }, options);
new k8s.core.v1.ServiceAccount("runner", { metadata: { name: "runner" } }, options);
new k8s.core.v1.Service("door", { metadata: named("door"), spec: { selector: app, type: "NodePort",
  ports: [{ name: "http", port: 80, targetPort: "http" }, { name: "dns", port: 53, targetPort: 53, protocol: "UDP" }] } }, options);
new k8s.core.v1.Service("none", { metadata: named("none"), spec: { selector: app, clusterIP: "None", ports: [{ port: 80 }] } }, options);
new k8s.core.v1.PersistentVolume("disk", { metadata: named("disk"), spec: { capacity: { storage: "1024Mi" },
  accessModes: ["ReadWriteOnce"], nfs: { server: "10.0.0.1", path: "/srv" }, storageClassName: "lazy" } }, options);
new k8s.core.v1.PersistentVolumeClaim("room", { metadata: named("room"), spec: claim }, options);
new k8s.core.v1.Pod("lonely", { metadata: named("lonely"), spec: podSpec }, options);
new k8s.apps.v1.Deployment("web", { metadata: named("web"), spec: { selector, template, replicas: 0,
  strategy: { type: "Recreate" } } }, options);
new k8s.apps.v1.StatefulSet("store", { metadata: named("store"), spec: { selector, template, serviceName: "none",
  volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claim }] } }, options);
new k8s.apps.v1.DaemonSet("agent", { metadata: named("agent"), spec: { selector, template,
  updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%" } } } }, options);
new k8s.batch.v1.Job("once", { metadata: named("once"), spec: job }, options);
new k8s.batch.v1.CronJob("nightly", { metadata: { name: "nightly" }, spec: { schedule: "0 3 * * *", suspend: false,
  jobTemplate: { spec: job } } }, options);
const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }];
const subjects = [{ kind: "ServiceAccount", name: "runner", namespace: "lab" }];
new k8s.rbac.v1.Role("reader", { metadata: { name: "reader" }, rules }, options);
new k8s.rbac.v1.RoleBinding("reads", { metadata: { name: "reads" }, subjects,
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" } }, options);
new k8s.rbac.v1.ClusterRole("viewer", { metadata: { name: "viewer" }, rules }, options);
new k8s.rbac.v1.ClusterRoleBinding("views", { metadata: { name: "views" }, subjects,
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "viewer" } }, options);
new k8s.storage.v1.StorageClass("lazy", { metadata: { name: "lazy" }, provisioner: "none",
  volumeBindingMode: "WaitForFirstConsumer" }, options);
new k8s.networking.v1.NetworkPolicy("closed", { metadata: { name: "closed" }, spec: { podSelector: {},
  policyTypes: ["Ingress"], ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ port: 80 }] }] } }, options);
new k8s.networking.v1.Ingress("gate", { metadata: named("gate"), spec: { rules: [{ host: "web.lan", http: { paths: [
  { path: "/", pathType: "Prefix", backend: { service: { name: "door", port: { number: 80 } } } }] } }] } }, options);
new k8s.scheduling.v1.PriorityClass("first", { metadata: { name: "first" }, value: 1000, globalDefault: false }, options);
new k8s.node.v1.RuntimeClass("nvidia", { metadata: { name: "nvidia" }, handler: "nvidia" }, options);
const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy("rule", { metadata: { name: "rule" }, spec: {
  failurePolicy: "Fail", matchConstraints: { resourceRules: [{ apiGroups: [""], apiVersions: ["v1"],
    operations: ["CREATE"], resources: ["pods"] }] },
  validations: [{ expression: "object.metadata.name != 'no'", message: "no" }] } }, options);
new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding("bound", { metadata: { name: "bound" },
  spec: { policyName: "rule", validationActions: ["Deny"] } }, options);
new k8s.yaml.ConfigGroup("manifests", { yaml: "apiVersion: v1\\nkind: ConfigMap\\nmetadata: { name: plain }\\n" },
  { ...options, provider });
`;

describe.skipIf(built === undefined)("every kind of object that this project declares", () => {
  let kubernetes: Kubernetes;
  let project: Project;
  beforeAll(async () => {
    kubernetes = await Kubernetes.start(built ?? "");
    project = new Project(program);
    project.mustRun("config", "set", "--secret", "kubeconfig", kubernetes.kubeconfig());
  }, 180_000);
  afterAll(() => {
    project.remove();
    kubernetes.stop();
  });
  const run = async (...args: string[]): Promise<void> => {
    const { status, output } = await project.start(args).done;
    expect(status, output).toBe(0);
  };
  const diffs = (): string => project.mustRun("preview", "--diff", "--expect-no-changes");

  test("is made, and then nothing is to be done, though the server writes much of it otherwise", async () => {
    await run("up", "--yes");
    expect(diffs()).not.toMatch(/[~+-] kubernetes:/);
    await run("refresh", "--yes", "--expect-no-changes");
    expect(diffs()).not.toMatch(/[~+-] kubernetes:/);
  });

  test("goes as a whole", async () => {
    await run("destroy", "--yes");
    expect(await kubernetes.find("/api/v1/namespaces/lab")).toBeUndefined();
  });
});
