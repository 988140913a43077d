import { describe, expect, it } from "vitest";
import { judge } from "../../policies/engine/judge";
import { readFiles } from "../../policies/readers/files/read";
import { contentsSchema } from "../../provider/handlers/kubernetes/contents";
import { named, passwordOf, type Declared } from "../testing";
import { compute, desktop, familiar, image, runOn, storage } from "./testing";

const words = [
  "PASS-WORD",
  "S3-SECRET-KEY",
  "NATS-SECRET",
  "sk-of-mine",
  passwordOf("pods-workload-familiar-api"),
];
const security = {
  ...{ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true },
};

interface Pod {
  metadata: { labels: Record<string, string>; annotations: Record<string, string> };
  spec: Record<string, unknown>;
}
const podOf = (all: readonly Declared[], name: string) =>
  (named(all, name).inputs.spec as { template: Pod }).template;

/** What the placement rule says of the manifests of a stack. */
function judged(all: readonly Declared[], lifecycle: "always-on" | "on-demand") {
  const manifests = all.filter(({ type }) => /Deployment|CronJob/.test(type)).map(({ inputs }) => inputs);
  const { facts, errors } = readFiles(
    manifests.map((one, i) => ({ path: `${i}.json`, text: JSON.stringify(one) })),
    { read: () => undefined, filesIn: () => [] },
  );
  expect([...errors]).toEqual([]);
  const [node] = manifests.map(
    (one) =>
      (one.spec as { template: { spec: { nodeSelector: Record<string, string> } } }).template.spec
        .nodeSelector["kubernetes.io/hostname"],
  );
  return judge(facts, {
    nodes: [{ name: node ?? "", lifecycle, addresses: ["10.0.0.3"], labels: {}, taints: [] }],
    networkClasses: [],
  });
}

describe("a workload in the cluster", () => {
  it("is a Deployment on its node with all that its stack file says, in a namespace of the node's", async () => {
    const { found } = await runOn(desktop, { familiar });
    expect(found.map(({ name }) => name).sort()).toEqual([
      "pods",
      "pods-cluster",
      "pods-contents",
      "pods-namespace",
      "pods-workload-familiar",
      "pods-workload-familiar-api",
      "pods-workload-familiar-credentials",
      "pods-workload-familiar-files",
      "pods-workload-familiar-pod",
      "pods-workload-familiar-secret",
      "pods-workload-familiar-service",
    ]);
    const labels = { "app.kubernetes.io/name": "workload-familiar", "app.kubernetes.io/part-of": "homelab" };
    expect(named(found, "pods-workload-familiar-pod").inputs).toMatchObject({
      metadata: { name: "workload-familiar", namespace: "homelab-workloads-desktop", labels },
      spec: {
        ...{ replicas: 1, strategy: { type: "Recreate" } },
        selector: { matchLabels: { "app.kubernetes.io/name": "workload-familiar" } },
      },
    });
    const { metadata, spec } = podOf(found, "pods-workload-familiar-pod");
    const probe = { httpGet: { path: "/healthz", port: 8080 } };
    const secretKeyRef = (key: string) => ({ secretKeyRef: { name: "workload-familiar", key } });
    expect(metadata.labels).toEqual(labels);
    expect(Object.keys(metadata.annotations).sort()).toEqual(
      ["credentials", "files", "secret"].map((what) => `homelab.dev/${what}`),
    );
    expect(spec).toEqual({
      nodeSelector: { "kubernetes.io/hostname": "desktop" },
      tolerations: [
        { key: "homelab.dev/lifecycle", operator: "Equal", value: "always-on", effect: "NoSchedule" },
      ],
      securityContext: {
        ...{ runAsNonRoot: true, runAsUser: 1234, runAsGroup: 5678, fsGroup: 5678 },
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...{ automountServiceAccountToken: false, enableServiceLinks: false },
      ...{ terminationGracePeriodSeconds: 30, restartPolicy: "Always", priorityClassName: "low" },
      containers: [
        {
          ...{ name: "workload-familiar", image, imagePullPolicy: "IfNotPresent" },
          args: ["serve", "--verbose"],
          env: [
            { name: "HOME", value: "/tmp" },
            { name: "LOG_LEVEL", value: "info" },
            { name: "OPENAI_API_KEY", valueFrom: secretKeyRef("OPENAI_API_KEY") },
            { name: "DATABASE_URL", valueFrom: secretKeyRef("DATABASE_URL") },
            { name: "NATS", valueFrom: secretKeyRef("NATS") },
            { name: "TZ", value: "UTC" },
          ],
          ports: [
            { containerPort: 8080, hostPort: 8080 },
            { containerPort: 8081, hostPort: 8081 },
          ],
          startupProbe: { ...probe, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 24 },
          readinessProbe: { ...probe, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 3 },
          livenessProbe: { ...probe, periodSeconds: 30, timeoutSeconds: 20, failureThreshold: 5 },
          resources: { requests: { cpu: "10m", memory: "1Gi" }, limits: { memory: "1Gi" } },
          securityContext: security,
          volumeMounts: [
            { name: "tmp", mountPath: "/tmp" },
            { name: "memory-0", mountPath: "/scratch" },
            {
              ...{ name: "workload-familiar-files", mountPath: "/etc/familiar/app.yaml" },
              ...{ subPath: "app.yaml", readOnly: true },
            },
            { name: "secret-files", mountPath: "/run/secrets", readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: "tmp", emptyDir: {} },
        { name: "memory-0", emptyDir: { medium: "Memory" } },
        { name: "workload-familiar-files", configMap: { name: "workload-familiar-files" } },
        {
          name: "secret-files",
          secret: { secretName: "workload-familiar-credentials", defaultMode: 0o440 },
        },
      ],
    });
    expect(named(found, "pods-workload-familiar-files").inputs).toMatchObject({
      metadata: { name: "workload-familiar-files", namespace: "homelab-workloads-desktop" },
      data: { "app.yaml": "greeting: hello\n" },
    });
    expect(named(found, "pods-workload-familiar-service").inputs.spec).toEqual({
      selector: { "app.kubernetes.io/name": "workload-familiar" },
      ports: [
        { name: "http", port: 8080, targetPort: 8080 },
        { name: "admin", port: 8081, targetPort: 8081 },
      ],
    });
  });

  it("has what is secret in Secrets only, and in clear nowhere", async () => {
    const { found, made } = await runOn(desktop, { familiar });
    expect(named(found, "pods-workload-familiar-secret").inputs).toMatchObject({
      metadata: { name: "workload-familiar" },
      stringData: {
        OPENAI_API_KEY: "sk-of-mine",
        DATABASE_URL: "postgresql://agent:PASS-WORD@10.0.0.1:5432/agent_gateway",
        NATS: "nats://10.0.0.2:4222 NATS-SECRET",
      },
    });
    expect(named(found, "pods-workload-familiar-credentials").inputs.stringData).toEqual({
      "s3.env": "KEY=S3-SECRET-KEY",
      api: passwordOf("pods-workload-familiar-api"),
    });
    const clear = JSON.stringify(found.map(({ visible }) => visible));
    const others = JSON.stringify(
      found.filter(({ type }) => !/Secret|Contents|RandomPassword/.test(type)).map(({ inputs }) => inputs),
    );
    for (const word of words) {
      expect(clear).not.toContain(word);
      expect(others).not.toContain(word);
    }
    expect(Object.keys(made?.passwords["workload-familiar"] ?? {})).toEqual(["api"]);
  });

  it("is restarted by a changed secret or file, and by nothing else", async () => {
    const annotations = async (own: object, from = storage) =>
      podOf(
        (await runOn(desktop, { familiar: { ...familiar, ...own } }, {}, from)).found,
        "pods-workload-familiar-pod",
      ).metadata.annotations;
    const before = await annotations({});
    const changed = (after: Record<string, string>) =>
      Object.keys(before).filter((key) => before[key] !== after[key]);
    const dsn = "postgresql://agent:ANOTHER@10.0.0.1:5432/agent_gateway";
    expect(changed(await annotations({}, { ...storage, dsns: { agent: { agent_gateway: dsn } } }))).toEqual([
      "homelab.dev/secret",
    ]);
    const files = { "app.yaml": { at: "/etc/familiar/app.yaml", content: "greeting: hi\n" } };
    expect(changed(await annotations({ files }))).toEqual(["homelab.dev/files"]);
    expect(changed(await annotations({ memory: "2G" }))).toEqual([]);
  });

  it("with replicas is one Deployment that is changed pod by pod, found by its name in the cluster", async () => {
    const mail = { image, cluster: true, replicas: 3, ports: { http: { port: 8080 } } };
    const { found } = await runOn(desktop, { mail });
    expect(named(found, "pods-workload-mail-pod").inputs.spec).toMatchObject({
      ...{ replicas: 3, strategy: { type: "RollingUpdate" } },
    });
    const [container] = podOf(found, "pods-workload-mail-pod").spec.containers as Record<string, unknown>[];
    expect(container).toMatchObject({
      env: [
        { name: "HOME", value: "/tmp" },
        { name: "REPLICA", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      ],
      ports: [{ containerPort: 8080 }],
      startupProbe: { tcpSocket: { port: 8080 } },
      resources: { requests: { cpu: "10m", memory: "16Mi" } },
    });
    expect(JSON.stringify(container)).not.toContain("hostPort");
    expect(named(found, "pods-workload-mail-service").inputs).toMatchObject({
      metadata: { name: "workload-mail" },
      spec: { ports: [{ name: "http", port: 8080 }] },
    });
  });

  it("is asked by a command, and not restarted for what it answers where the stack file says so", async () => {
    const own = {
      image,
      cluster: true,
      health: { exec: ["check", "me"] },
      watch: false,
      user: "0:0",
      tmpfs: ["/tmp"],
    };
    const { found } = await runOn(desktop, { own });
    const { spec } = podOf(found, "pods-workload-own-pod");
    const [container] = spec.containers as Record<string, unknown>[];
    expect(container).toMatchObject({ readinessProbe: { exec: { command: ["check", "me"] } } });
    expect(container).not.toHaveProperty("livenessProbe");
    expect(container).not.toHaveProperty("ports");
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: false, runAsUser: 0, runAsGroup: 0 });
    // Its own place in memory, and not the common one at the same path.
    expect(spec.volumes).toEqual([{ name: "memory-0", emptyDir: { medium: "Memory" } }]);
  });

  it("with a schedule is a CronJob that begins no second run, and ends one that takes too long", async () => {
    const nightly = {
      ...{ image, cluster: true, environment: { DSN: "${dsn.agent.agent_gateway}" } },
      schedule: { at: "Mon..Fri 03:30 Europe/Berlin", limitSeconds: 600 },
    };
    const { found } = await runOn(compute, { nightly });
    const { type, inputs } = named(found, "pods-workload-nightly-pod");
    expect(type).toBe("kubernetes:batch/v1:CronJob");
    expect(inputs).toMatchObject({
      metadata: { name: "workload-nightly", namespace: "homelab-workloads-compute" },
      spec: {
        ...{ schedule: "30 3 * * 1,2,3,4,5", timeZone: "Europe/Berlin", concurrencyPolicy: "Forbid" },
        jobTemplate: {
          spec: {
            backoffLimit: 0,
            template: {
              metadata: { annotations: { "homelab.dev/secret": expect.any(String) as string } },
              spec: {
                nodeSelector: { "kubernetes.io/hostname": "compute" },
                ...{ restartPolicy: "Never", activeDeadlineSeconds: 600 },
              },
            },
          },
        },
      },
    });
    expect(JSON.stringify(inputs)).not.toMatch(/Probe|hostPort/);
  });

  it("is compared with the live cluster in every preview, whole, once it is declared", async () => {
    const { found } = await runOn(desktop, { familiar });
    const inCluster = found.filter(({ type }) => type.startsWith("kubernetes:"));
    const { inputs, dependsOn } = named(found, "pods-contents");
    expect(inputs.objects).toHaveLength(inCluster.length);
    expect(inputs.objects).toEqual(expect.arrayContaining(inCluster.map((one) => one.inputs)));
    expect(dependsOn).toEqual(expect.arrayContaining(inCluster.map(({ name }) => name)));
    expect(contentsSchema.safeParse(inputs).error).toBeUndefined();
    for (const one of inCluster.filter(({ name }) => name !== "pods-namespace"))
      expect([one.name, one.deletedWith, one.provider]).toEqual([one.name, "pods-namespace", "pods-cluster"]);
  });
});

describe("what a workload in the cluster keeps", () => {
  const keeps = { image, cluster: true, user: "1234:5678", keeps: { "/srv/homelab/own": "/data" } };

  it("is in a directory of its always-on node, which a unit makes and a removal leaves", async () => {
    const { found } = await runOn(desktop, { own: keeps });
    const { inputs } = named(found, "pods-workload-own-directories");
    expect(inputs).toMatchObject({
      service: "workload-own-directories.service",
      keeps: ["/srv/homelab/own"],
    });
    expect(inputs).not.toHaveProperty("ephemeral");
    const [unit] = inputs.files as { content: string }[];
    expect(unit?.content).toContain("install -d -m 0700 -o 1234 -g 5678 /srv/homelab/own");
    expect(unit?.content).toContain("Conflicts=workload-own.service");
    expect(named(found, "pods-workload-own-pod").dependsOn).toContain("pods-workload-own-directories");
    expect(named(found, "pods-workload-own").visible.placement).toEqual({
      ...{ node: "desktop", keeps: "persistent", paths: ["/srv/homelab/own"] },
    });
    const { spec } = podOf(found, "pods-workload-own-pod");
    expect(spec.volumes).toContainEqual({
      name: "directory-0",
      hostPath: { path: "/srv/homelab/own", type: "Directory" },
    });
    expect(judged(found, "always-on").violations).toEqual([]);
  });

  it("is refused on an on-demand node, whatever its type says, and by the placement rule", async () => {
    await expect(runOn(compute, { own: keeps })).rejects.toThrow(/workload-own.*compute/s);
    const { found } = await runOn(desktop, { own: keeps });
    expect(judged(found, "on-demand").violations.map(({ rule }) => rule)).toEqual(["writable-host-path"]);
  });

  it("and may be lost is declared with its reason, on compute, too", async () => {
    const ephemeral = { directories: { "/srv/homelab/cache": "/cache" }, reason: "fetched again" };
    const { found } = await runOn(compute, { own: { image, cluster: true, ephemeral } });
    expect(podOf(found, "pods-workload-own-pod").metadata.annotations).toMatchObject({
      "homelab.dev/ephemeral": "fetched again",
      "homelab.dev/ephemeral-volumes": "directory-0",
    });
    const { inputs } = named(found, "pods-workload-own-directories");
    expect(inputs).toMatchObject({ ephemeral: "fetched again", keeps: ["/srv/homelab/cache"] });
    const { violations, exemptions } = judged(found, "on-demand");
    expect([violations, exemptions.map(({ reason }) => reason)]).toEqual([[], ["fetched again"]]);
  });
});

describe("a pool of agents in the cluster", () => {
  const pools = { mail: { image, cluster: true, replicas: 2, models: [] } };
  const nats = { enabled: true };

  it("is a Deployment of its agents, each named as its pod is, with what opens the queue in a file", async () => {
    const { found } = await runOn(desktop, {}, { nats, agents: { pools } });
    expect(named(found, "pods-agent-mail-pod").inputs.spec).toMatchObject({ replicas: 2 });
    const [container] = podOf(found, "pods-agent-mail-pod").spec.containers as { env: object[] }[];
    expect(container?.env).toContainEqual({
      name: "AGENT_NAME",
      valueFrom: { fieldRef: { fieldPath: "metadata.name" } },
    });
    const { stringData } = named(found, "pods-agent-mail-credentials").inputs as {
      stringData: Record<string, string>;
    };
    expect(JSON.parse(stringData["nats-password.json"] ?? "")).toEqual({
      ...{ url: "nats://10.0.0.2:4222", user: "agents-mail", password: "AGENTS-SECRET" },
    });
    expect(JSON.stringify(found.map(({ visible }) => visible))).not.toContain("AGENTS-SECRET");
  });

  it("with a schedule is a CronJob that begins all of its agents at once", async () => {
    const schedule = { at: "20:00" };
    const { found } = await runOn(
      desktop,
      {},
      { nats, agents: { pools: { mail: { ...pools.mail, schedule } } } },
    );
    expect(named(found, "pods-agent-mail-pod").inputs.spec).toMatchObject({
      schedule: "0 20 * * *",
      jobTemplate: { spec: { parallelism: 2, completions: 2 } },
    });
  });
});
