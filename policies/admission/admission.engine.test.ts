import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { judge } from "../engine/judge";
import type { Topology } from "../engine/topology";
import { fixtures } from "../fixtures";
import { readFiles } from "../readers/files/read";
import { parseYaml } from "../readers/files/yaml";
import { readKubernetes } from "../readers/files/kubernetes/resources";
import { isKubernetes } from "../readers/files/kubernetes/names";
import { noFacts } from "../engine/facts";
import { fields, record, text } from "../readers/values";
import { builtServer, startCluster, until, type Answer, type Cluster } from "../../tests/support/api-server";
import { admissionObjects } from "./index";

const topology: Topology = {
  nodes: [
    {
      name: "storage",
      lifecycle: "always-on",
      addresses: ["10.0.0.1"],
      labels: { disk: "raid" },
      taints: [],
    },
    { name: "compute", lifecycle: "on-demand", addresses: ["10.0.0.3"], labels: { gpu: "yes" }, taints: [] },
  ],
  networkClasses: ["nfs-client"],
};

const paths: Readonly<Record<string, string>> = {
  Pod: "/api/v1/namespaces/default/pods",
  ReplicationController: "/api/v1/namespaces/default/replicationcontrollers",
  PodTemplate: "/api/v1/namespaces/default/podtemplates",
  Deployment: "/apis/apps/v1/namespaces/default/deployments",
  StatefulSet: "/apis/apps/v1/namespaces/default/statefulsets",
  DaemonSet: "/apis/apps/v1/namespaces/default/daemonsets",
  ReplicaSet: "/apis/apps/v1/namespaces/default/replicasets",
  Job: "/apis/batch/v1/namespaces/default/jobs",
  CronJob: "/apis/batch/v1/namespaces/default/cronjobs",
  PersistentVolumeClaim: "/api/v1/namespaces/default/persistentvolumeclaims",
  PersistentVolume: "/api/v1/persistentvolumes",
};

/** Where the two are known to say different things, and why. */
const understood = [
  // The checker knows more of images than their plain names.
  /: admission lets it pass; checker .* runs .* without a volume/,
  // In the cluster the class "" can only bind a volume that the policy for volumes let in.
  /: admission lets it pass; checker .* its storage class is ""/,
  // Fields that the API does not have are dropped before admission: readOnly of a hostPath, types nobody knows.
  /good-read-only\.yaml Pod: .*: \/ is a writable hostPath/,
  /unknown-volume-type\.yaml Pod: admission lets it pass/,
];

const built = builtServer();
if (built === undefined) {
  process.stderr.write("admission is not tested on a real API server: run lab/kubernetes/program.sh build\n");
}

describe.skipIf(built === undefined)("the admission policies in a real API server", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(built ?? "");
    for (const object of admissionObjects(topology)) {
      const kind = text(fields(object).kind) ?? "";
      const resource = kind.endsWith("Binding")
        ? "validatingadmissionpolicybindings"
        : "validatingadmissionpolicies";
      const { status, body } = await cluster.ask(
        "POST",
        `/apis/admissionregistration.k8s.io/v1/${resource}`,
        object,
      );
      expect(status, body.message).toBe(201);
    }
    // The server takes up each policy by itself, in no order.
    for (const refused of [
      pod({ volumes: [host("/srv")], mounts: true }),
      volume({ hostPath: { path: "/srv" } }),
      statefulSet({}),
    ]) {
      await until(async () => (await dry(refused)).status === 403, 60_000);
    }
  }, 180_000);
  afterAll(() => {
    cluster.stop();
  });
  afterEach(async () => {
    for (const kind of ["Pod", "PersistentVolumeClaim"]) {
      await cluster.ask("DELETE", `${paths[kind] ?? ""}?gracePeriodSeconds=0`);
    }
  });

  const dry = (object: object): Promise<Answer> =>
    cluster.ask("POST", `${paths[text(fields(object).kind) ?? ""] ?? ""}?dryRun=All`, object);
  const make = async (object: object): Promise<void> => {
    const { status, body } = await cluster.ask("POST", paths[text(fields(object).kind) ?? ""] ?? "", object);
    expect(status, body.message).toBe(201);
  };

  it.each([
    ["a writable hostPath", pod({ volumes: [host("/srv")], mounts: true }), "writable-host-path"],
    ["one of an init container", pod({ volumes: [host("/srv")], init: true }), "writable-host-path"],
    [
      "one on a node that nobody knows",
      pod({ volumes: [host("/srv")], mounts: true, nodeSelector: { "kubernetes.io/hostname": "attic" } }),
      "writable-host-path",
    ],
    [
      "one on a node by name",
      pod({ volumes: [host("/srv")], mounts: true, nodeName: "compute" }),
      "writable-host-path",
    ],
    [
      "one under /proc that is the whole system",
      pod({ volumes: [host("/proc/1/root/srv")], mounts: true }),
      "writable-host-path",
    ],
    [
      "a preferred affinity, which does not bind",
      pod({
        volumes: [host("/srv")],
        mounts: true,
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 1,
                preference: {
                  matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["storage"] }],
                },
              },
            ],
          },
        },
      }),
      "writable-host-path",
    ],
    [
      "an exemption without a reason",
      pod({ volumes: [host("/srv")], mounts: true, annotations: { "homelab.dev/ephemeral": "true" } }),
      "writable-host-path",
    ],
    [
      "an exemption for another volume",
      pod({
        volumes: [host("/srv")],
        mounts: true,
        annotations: { "homelab.dev/ephemeral": "cache", "homelab.dev/ephemeral-volumes": "other" },
      }),
      "writable-host-path",
    ],
    [
      "a driver nobody knows",
      pod({ volumes: [{ name: "v", csi: { driver: "local.csi.openebs.io" } }] }),
      "driver",
    ],
    [
      "a database without a volume",
      pod({ image: "docker.io/library/postgres:18" }),
      "database-without-volume",
    ],
    [
      "a database with a volume where another one keeps its data",
      pod({ image: "mysql:8", volumes: [{ name: "v", emptyDir: {} }], mounts: true, at: "/tmp" }),
      "database-without-volume",
    ],
    [
      "a database with nothing but configuration at its data directory",
      pod({
        image: "mysql:8",
        volumes: [{ name: "v", configMap: { name: "c" } }],
        mounts: true,
        at: "/var/lib/mysql",
      }),
      "database-without-volume",
    ],
    ["a local volume open to every node", volume({ hostPath: { path: "/srv" } }), "local-persistent-volume"],
    [
      "a local volume on the on-demand node",
      volume({ local: { path: "/srv" }, ...on("In", "compute") }),
      "local-persistent-volume",
    ],
    [
      "a local volume on several nodes",
      volume({ local: { path: "/srv" }, ...on("In", "storage", "compute") }),
      "local-persistent-volume",
    ],
    ["a StatefulSet's template without a class", statefulSet({}), "node-local-claim"],
    [
      "a StatefulSet's template by the old annotation",
      statefulSet({}, { "volume.beta.kubernetes.io/storage-class": "local-path" }),
      "node-local-claim",
    ],
  ])("refuse %s", async (_what, object, rule) => {
    const { status, body } = await dry(object);
    expect(status, body.message).toBe(403);
    expect(body.message).toContain(rule);
  });

  it.each([
    ["a pod that keeps nothing", pod({})],
    ["a hostPath that is read-only", pod({ volumes: [host("/srv")], mounts: "ro" })],
    ["plumbing", pod({ volumes: [host("/dev/dri"), host("//var///run/x", "w")], mounts: true })],
    [
      "a hostPath on an always-on node by selector",
      pod({ volumes: [host("/srv")], mounts: true, nodeSelector: { "kubernetes.io/hostname": "storage" } }),
    ],
    [
      "by lifecycle",
      pod({ volumes: [host("/srv")], mounts: true, nodeSelector: { "homelab.dev/lifecycle": "always-on" } }),
    ],
    [
      "by a label of the topology",
      pod({ volumes: [host("/srv")], mounts: true, nodeSelector: { disk: "raid" } }),
    ],
    [
      "by required affinity",
      pod({
        volumes: [host("/srv")],
        mounts: true,
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                {
                  matchExpressions: [
                    { key: "kubernetes.io/hostname", operator: "NotIn", values: ["compute"] },
                  ],
                },
              ],
            },
          },
        },
      }),
    ],
    [
      "an exemption with a reason",
      pod({
        volumes: [host("/srv")],
        mounts: true,
        annotations: { "homelab.dev/ephemeral": "made again from the source" },
      }),
    ],
    [
      "an exemption for this volume",
      pod({
        volumes: [host("/srv")],
        mounts: true,
        annotations: { "homelab.dev/ephemeral": "cache", "homelab.dev/ephemeral-volumes": "x, v" },
      }),
    ],
    [
      "an exemption by the mount's path",
      pod({
        volumes: [host("/srv")],
        mounts: true,
        annotations: { "homelab.dev/ephemeral": "cache", "homelab.dev/ephemeral-volumes": "/v" },
      }),
    ],
    ["a network driver", pod({ volumes: [{ name: "v", csi: { driver: "nfs.csi.k8s.io" } }] })],
    [
      "a database with an emptyDir",
      pod({
        image: "postgres:18",
        volumes: [{ name: "v", emptyDir: {} }],
        mounts: true,
        at: "/var/lib/postgresql",
      }),
    ],
    ["an exporter of a database", pod({ image: "quay.io/prometheuscommunity/postgres-exporter:v1" })],
    ["a network volume", volume({ nfs: { server: "10.0.0.1", path: "/srv" } })],
    ["a local volume on the always-on node", volume({ local: { path: "/srv" }, ...on("In", "storage") })],
    ["a StatefulSet's template of a network class", statefulSet({ storageClassName: "nfs-client" })],
  ])("let pass %s", async (_what, object) => {
    const { status, body } = await dry(object);
    expect(status, body.message).toBe(201);
  });

  it("compare a pod with the class of its claim", async () => {
    await make(claim("near", "local-path"));
    await make(claim("far", "nfs-client"));
    await until(async () => (await dry(pod({ volumes: [claimed("far")] }))).status === 201, 30_000);
    await until(async () => (await dry(pod({ volumes: [claimed("near")] }))).status === 403, 30_000);
    const { body } = await dry(pod({ volumes: [claimed("near")] }));
    expect(body.message).toContain("the claim near is of the class local-path");
    const kept = pod({ volumes: [claimed("near")], nodeSelector: { "kubernetes.io/hostname": "storage" } });
    expect((await dry(kept)).status).toBe(201);
    const declared = pod({ volumes: [claimed("near")], annotations: { "homelab.dev/ephemeral": "a copy" } });
    expect((await dry(declared)).status).toBe(201);
  });

  it("compare a claim with the pods that wait for it", async () => {
    await make(claim("other", "nfs-client"));
    await until(async () => (await dry(pod({ volumes: [claimed("late")] }))).status === 201, 30_000);
    await make(pod({ volumes: [claimed("late")] }));
    await until(async () => (await dry(claim("late", "local-path"))).status === 403, 30_000);
    expect((await dry(claim("late", "nfs-client"))).status).toBe(201);
    expect((await dry(claim("unused", "local-path"))).status).toBe(201);
  });

  it("agree with the checker on its fixtures, as far as an object says it alone", async () => {
    const compared: string[] = [];
    const differ: string[] = [];
    for (const { paths: files } of fixtures()) {
      for (const path of files.filter((one) => /\.ya?ml$/.test(one))) {
        const parsed = parseYaml(readFileSync(path, "utf8"));
        if ("error" in parsed) continue;
        for (const document of parsed.documents) {
          const kind = isKubernetes(document) ? (text(document.kind) ?? "") : "";
          if (!isKubernetes(document) || !Object.hasOwn(paths, kind) || kind === "PersistentVolumeClaim")
            continue;
          const metadata = fields(document.metadata);
          const object = {
            ...document,
            metadata: { ...metadata, namespace: kind === "PersistentVolume" ? undefined : "default" },
          };
          if (JSON.stringify(object).includes('persistentVolumeClaim"')) continue;
          const { status, body } = await dry(object);
          // What the server refuses anyway says nothing.
          if (status !== 201 && status !== 403) continue;
          const facts = noFacts();
          readKubernetes(document, { path, facts, lookup: () => undefined, filesIn: () => [] });
          const broken = judge(facts, topology).violations.filter(
            ({ rule }) => rule !== "embedded-metadata-db",
          );
          compared.push(path);
          if ((status === 403) !== broken.length > 0) {
            differ.push(
              `${path} ${kind}: admission ${status === 403 ? (body.message ?? "") : "lets it pass"}; checker ${broken.map(({ detail }) => detail).join(" ") || "finds nothing"}`,
            );
          }
        }
      }
    }
    expect(compared.length).toBeGreaterThan(30);
    expect(differ.filter((one) => !understood.some((pattern) => pattern.test(one)))).toEqual([]);
  });

  it("read what the checker reads: their YAML is found to be Kubernetes' own", () => {
    const { errors } = readFiles(
      admissionObjects(topology).map((one, index) => ({ path: `${index}.json`, text: JSON.stringify(one) })),
      { read: () => undefined, filesIn: () => [] },
    );
    expect([...errors]).toEqual([]);
  });
});

interface PodParts {
  volumes?: object[];
  mounts?: boolean | "ro";
  init?: boolean;
  at?: string;
  image?: string;
  annotations?: Record<string, string>;
  [key: string]: unknown;
}

function pod({ volumes = [], mounts, init, at, image = "busybox", annotations, ...more }: PodParts): object {
  const volumeMounts = volumes.map((volume) => {
    const name = text(record(volume)?.name) ?? "";
    return { name, mountPath: at ?? `/${name}`, ...(mounts === "ro" ? { readOnly: true } : {}) };
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      containers: [{ name: "c", image, ...(mounts === undefined ? {} : { volumeMounts }) }],
      ...(init === true ? { initContainers: [{ name: "i", image: "busybox", volumeMounts }] } : {}),
      volumes,
      ...more,
    },
  };
}

function host(path: string, name = "v"): object {
  return { name, hostPath: { path } };
}

function claimed(claimName: string): object {
  return { name: "v", persistentVolumeClaim: { claimName } };
}

function claim(name: string, storageClassName: string): object {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name },
    spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage: "1Gi" } } },
  };
}

function volume(spec: object): object {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "v" },
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], ...spec },
  };
}

function on(operator: string, ...values: string[]): object {
  const matchExpressions = [{ key: "kubernetes.io/hostname", operator, values }];
  return { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } };
}

function statefulSet(claimSpec: object, annotations: Record<string, string> = {}): object {
  const labels = { app: "s" };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "s" },
    spec: {
      serviceName: "s",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "busybox" }] } },
      volumeClaimTemplates: [
        {
          metadata: { name: "d", annotations },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...claimSpec },
        },
      ],
    },
  };
}
