import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { judge } from "../../policies/engine/judge";
import { readFiles } from "../../policies/readers/files/read";
import { contentsSchema } from "../../provider/handlers/kubernetes/contents";
import { computeSchema, services, type SecretSources, type StorageValues } from "../../services";
import type { Node } from "../../topology";
import { alwaysOn, declared, named, secret, type Declared } from "../testing";
import { ComputeNode } from ".";

const compute: Node<"on-demand"> = {
  ...alwaysOn("desktop"),
  name: "compute",
  address: "10.0.0.3",
  lifecycle: "on-demand",
};
const storage: StorageValues = {
  dsns: {
    system: {
      dagster: "postgresql://system:PASS%2Fword@10.0.0.1:5432/dagster",
      mlflow: "postgresql://system:PASS%2Fword@10.0.0.1:5432/mlflow",
    },
  },
  s3Endpoint: "http://10.0.0.1:9000",
  s3: {
    dagster: { accessKey: "dagster", secretKey: "DAGSTER-KEY" },
    mlflow: { accessKey: "mlflow", secretKey: "MLFLOW-KEY" },
  },
};
const everything = { vllm: { enabled: true }, gpu: { enabled: true }, qdrant: { enabled: true } };

let node: ComputeNode | undefined;
const run = (settings: object = {}, from: StorageValues = storage) =>
  declared(() => {
    node = new ComputeNode("compute", {
      node: compute,
      settings: computeSchema.parse({ enabled: true, ...settings }),
      cluster: { kubeconfig: pulumi.secret("KUBECONFIG"), identifier: "homelab-0123" },
      storage: pulumi.secret(from),
      sshIdentity: undefined,
    });
  });

interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env: { name: string; value?: string }[];
  ports?: { containerPort: number; hostPort?: number }[];
  resources: { limits?: Record<string, string>; requests: Record<string, string> };
  securityContext: object;
  volumeMounts: { name: string; mountPath: string }[];
}
interface Template {
  metadata: { annotations: Record<string, string> };
  spec: Record<string, unknown> & { containers: Container[]; initContainers?: Container[] };
}
const workloads = (all: readonly Declared[]) =>
  all.filter(({ type }) => type === "kubernetes:apps/v1:Deployment");
const templateOf = (one: Declared) => (one.inputs.spec as { template: Template }).template;
const template = (all: readonly Declared[], name: string) => templateOf(named(all, name));
const only = (all: readonly Declared[], name: string): Container => {
  const [one] = template(all, name).spec.containers;
  if (one === undefined) throw new Error(`${name} has no container`);
  return one;
};
const instanceOf = (all: readonly Declared[]) => {
  const { data } = named(all, "compute-dagster-instance").inputs as { data: Record<string, string> };
  return parseYaml(data["dagster.yaml"] ?? "") as {
    storage: object;
    run_launcher: { class: string; config: Record<string, unknown> };
    run_monitoring: object;
    run_retries: object;
  };
};

describe("a ComputeNode", () => {
  it("declares its children, all named after it, in its own cluster and namespace", async () => {
    const all = await run();
    expect(all.map(({ name }) => name).sort()).toEqual([
      "compute",
      "compute-cluster",
      "compute-contents",
      "compute-dagster",
      "compute-dagster-account",
      "compute-dagster-binding",
      "compute-dagster-code",
      "compute-dagster-code-service",
      "compute-dagster-credentials",
      "compute-dagster-daemon",
      "compute-dagster-instance",
      "compute-dagster-role",
      "compute-dagster-runs",
      "compute-dagster-runs-binding",
      "compute-dagster-sample",
      "compute-dagster-secret",
      "compute-dagster-webserver",
      "compute-llama-cpp",
      "compute-llama-cpp-pod",
      "compute-mlflow",
      "compute-mlflow-credentials",
      "compute-mlflow-pod",
      "compute-mlflow-secret",
      "compute-model-cache",
      "compute-namespace",
      "compute-ollama",
      "compute-ollama-pod",
      "compute-start",
    ]);
    const inCluster = all.filter(({ type }) => /^kubernetes:(?!.*Provider)/.test(type));
    expect(new Set(inCluster.map(({ provider }) => provider))).toEqual(new Set(["compute-cluster"]));
    for (const one of inCluster.filter(({ name }) => !/-(namespace|runs|runs-binding)$/.test(name))) {
      expect([one.name, one.deletedWith]).toEqual([one.name, "compute-namespace"]);
      expect((one.inputs.metadata as { namespace: string }).namespace).toBe("homelab-compute");
    }
    expect(all.some(({ type }) => /PersistentVolume|StatefulSet/.test(type))).toBe(false);
  });

  it("asks the cluster by the house's provider, for which a changed Secret or ConfigMap is the same one", async () => {
    expect(named(await run(), "compute-cluster").inputs).toMatchObject({
      skipUpdateUnreachable: "true",
      upsertExistingObjects: "true",
      enablePatchForce: "true",
      enableConfigMapMutable: "true",
      enableSecretMutable: "true",
    });
  });

  it("knows its cluster by its identifier, and goes on when it cannot be reached", async () => {
    const { inputs, visible } = named(await run(), "compute-cluster");
    expect(inputs).toMatchObject({
      clusterIdentifier: "homelab-0123",
      skipUpdateUnreachable: "true",
      kubeconfig: "KUBECONFIG",
    });
    expect(visible.kubeconfig).toBe(secret);
  });

  it("serves every port of the original layout on the node's own address", async () => {
    const all = await run(everything);
    const ports = workloads(all).flatMap((one) =>
      templateOf(one).spec.containers.flatMap(({ ports = [] }) => ports.map(({ hostPort }) => hostPort)),
    );
    expect(ports.filter((port) => port !== undefined).sort()).toEqual([11434, 3300, 5050, 6333, 8000, 8081]);
    expect(node?.endpoints).toEqual({
      DAGSTER_URL: "http://10.0.0.3:3300",
      MLFLOW_TRACKING_URI: "http://10.0.0.3:5050",
      VLLM_URL: "http://10.0.0.3:8000",
      LLAMA_CPP_URL: "http://10.0.0.3:8081",
      OLLAMA_URL: "http://10.0.0.3:11434",
      QDRANT_URL: "http://10.0.0.3:6333",
    });
  });

  it("puts each pod on compute and nowhere else, one at a time, as nobody who may change nothing", async () => {
    const all = workloads(await run(everything));
    expect(all).toHaveLength(8);
    for (const one of all) {
      expect(one.inputs.spec).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
      const { spec } = templateOf(one);
      expect(spec).toMatchObject({
        nodeSelector: { "kubernetes.io/hostname": "compute" },
        tolerations: [
          { key: "homelab.dev/lifecycle", operator: "Equal", value: "on-demand", effect: "NoSchedule" },
        ],
        restartPolicy: "Always",
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, runAsUser: 1000 },
      });
      expect(spec.hostNetwork).toBeUndefined();
      for (const each of [...spec.containers, ...(spec.initContainers ?? [])]) {
        expect(each.resources.requests).toEqual({
          cpu: expect.any(String) as string,
          memory: expect.any(String) as string,
        });
        expect(each.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          readOnlyRootFilesystem: true,
        });
      }
    }
  });

  it("keeps nothing of Qdrant's, so that it alone leaves nothing on the node", async () => {
    const off = { enabled: false };
    const all = await run({
      ...{ dagster: off, mlflow: off, llamaCpp: off, ollama: off },
      qdrant: { enabled: true },
    });
    expect(named(all, "compute").visible.placement).toEqual({
      ...{ node: "compute", keeps: "none" },
    });
    const { type, deletedWith, provider } = named(all, "compute-qdrant-pod");
    expect({ type, deletedWith, provider }).toEqual({
      ...{
        type: "kubernetes:apps/v1:Deployment",
        deletedWith: "compute-namespace",
        provider: "compute-cluster",
      },
    });
    expect(all.map(({ name }) => name)).not.toContain("compute-model-cache");
  });

  it("looks in every preview whether all that it declares in the cluster is there, and as declared", async () => {
    const all = await run(everything);
    const inCluster = all.filter(({ type }) => type.startsWith("kubernetes:"));
    const { inputs, dependsOn } = named(all, "compute-contents");
    const objects = inCluster.map((one) => one.inputs);
    expect(inputs.objects).toHaveLength(objects.length);
    expect(inputs.objects).toEqual(expect.arrayContaining(objects));
    expect(inCluster.length).toBeGreaterThan(15);
    expect(dependsOn).toEqual(expect.arrayContaining(inCluster.map(({ name }) => name)));
    expect(contentsSchema.safeParse(inputs).error).toBeUndefined();
  });

  it("makes nothing of a service that is switched off", async () => {
    const off = { enabled: false };
    const all = await run({ dagster: off, mlflow: off, llamaCpp: off, ollama: off });
    expect(all.map(({ name }) => name).sort()).toEqual([
      "compute",
      "compute-cluster",
      "compute-contents",
      "compute-namespace",
      "compute-start",
    ]);
    expect(node?.endpoints).toEqual({});
    expect(named(all, "compute").visible.placement).toMatchObject({ keeps: "none" });
  });
});

describe("its secrets", () => {
  it("are in Secrets only, and reach no pod's text, no annotation and no state in clear", async () => {
    const all = await run();
    const clear = JSON.stringify(all.map(({ visible }) => visible));
    for (const word of ["PASS/", "PASS%", "DAGSTER-KEY", "MLFLOW-KEY", "KUBECONFIG"])
      expect(clear).not.toContain(word);
    const pods = JSON.stringify(
      all.filter(({ type }) => !/Secret|Contents|provider/.test(type)).map((one) => one.inputs),
    );
    for (const word of ["PASS/", "PASS%", "DAGSTER-KEY", "MLFLOW-KEY"]) expect(pods).not.toContain(word);
    expect(named(all, "compute-dagster-secret").inputs.stringData).toEqual({
      DAGSTER_PG_HOST: "10.0.0.1",
      DAGSTER_PG_USER: "system",
      POSTGRES_DSN: "postgresql+psycopg2://system@10.0.0.1:5432/dagster",
      AWS_ENDPOINT_URL: "http://10.0.0.1:9000",
      AWS_DEFAULT_REGION: "us-east-1",
    });
    expect(named(all, "compute-dagster-credentials").inputs).toMatchObject({
      metadata: { name: "dagster-credentials" },
      stringData: {
        pgpass: "10.0.0.1:5432:dagster:system:PASS/word\n",
        aws: "[default]\naws_access_key_id = dagster\naws_secret_access_key = DAGSTER-KEY\n",
      },
    });
    expect(named(all, "compute-mlflow-secret").inputs.stringData).toEqual({
      MLFLOW_BACKEND_STORE_URI: "postgresql+psycopg2://system@10.0.0.1:5432/mlflow",
      MLFLOW_S3_ENDPOINT_URL: "http://10.0.0.1:9000",
      AWS_DEFAULT_REGION: "us-east-1",
    });
  });

  it("are named in the pods that use them, each variable on its own", async () => {
    const all = await run();
    for (const [deployment, object] of [
      ["compute-dagster-webserver", "compute-dagster-secret"],
      ["compute-dagster-daemon", "compute-dagster-secret"],
      ["compute-dagster-code", "compute-dagster-secret"],
      ["compute-mlflow-pod", "compute-mlflow-secret"],
    ] as const) {
      const from = only(all, deployment).env.filter(({ value }) => value === undefined);
      const values = named(all, object).inputs.stringData as object;
      expect(from.map(({ name }) => name).sort()).toEqual(Object.keys(values).sort());
    }
  });

  it("restart exactly the pods that use one when it changes", async () => {
    const before = await run();
    const after = await run(
      {},
      {
        ...storage,
        s3: { ...storage.s3, mlflow: { accessKey: "mlflow", secretKey: "ANOTHER" } },
      },
    );
    const changed = workloads(before).filter(
      (one) => JSON.stringify(one.inputs) !== JSON.stringify(named(after, one.name).inputs),
    );
    expect(changed.map(({ name }) => name)).toEqual(["compute-mlflow-pod"]);
  });

  it("that storage does not hand out end the run with a sentence", () => {
    const { dagster, mlflow } = computeSchema.parse({
      dagster: { user: "someone" },
      mlflow: { role: "agent" },
    });
    const given = { storage, passwords: {} };
    const all = (of: Readonly<Record<string, (from: SecretSources) => string>> = {}) =>
      Object.values(of).map((one) => one(given));
    expect(() => all(services.mlflow.secrets?.(mlflow))).toThrow(
      "homelab:compute.mlflow names the role agent and the database mlflow, and storage hands out no such connection; it has system to dagster, system to mlflow.",
    );
    expect(() => all(services.dagster.credentials?.(dagster))).toThrow(
      "homelab:compute.dagster.user is someone, and storage hands out no keys for it; it has dagster, mlflow.",
    );
  });
});

describe("Dagster", () => {
  it("keeps its metadata in PostgreSQL and its runs' logs in the object store", async () => {
    const { storage: books, ...rest } = instanceOf(await run());
    expect(books).toEqual({ postgres: { postgres_url: { env: "POSTGRES_DSN" } } });
    expect(rest).toMatchObject({
      compute_logs: { class: "S3ComputeLogManager", config: { bucket: "parquet" } },
    });
  });

  it("restarts a run whose pod vanished, and no run that failed by itself", async () => {
    expect(instanceOf(await run({ dagster: { maxRetries: 2 } }))).toMatchObject({
      run_launcher: { class: "K8sRunLauncher" },
      run_monitoring: { enabled: true, max_resume_run_attempts: 0 },
      run_retries: { enabled: true, max_retries: 2, retry_on_asset_or_op_failure: false },
    });
  });

  it("gives a run's pod the same place and limits as the others, a workbench that goes with it, and no rights", async () => {
    const { config } = instanceOf(await run({ dagster: { packages: [] } })).run_launcher;
    expect(config).toMatchObject({
      job_namespace: "homelab-compute",
      env_secrets: ["dagster"],
      run_k8s_config: {
        container_config: { securityContext: { readOnlyRootFilesystem: true } },
        pod_spec_config: {
          nodeSelector: { "kubernetes.io/hostname": "compute" },
          automountServiceAccountToken: false,
          securityContext: { runAsUser: 1000 },
        },
      },
    });
    const { volumes, initContainers } = (
      config.run_k8s_config as {
        pod_spec_config: { volumes: Record<string, unknown>[]; initContainers?: { name: string }[] };
      }
    ).pod_spec_config;
    expect(volumes.map((one) => Object.keys(one)[1])).toEqual([
      ...Array.from({ length: 5 }, () => "emptyDir"),
      "secret",
      "configMap",
    ]);
    // Its password and keys are copied for it, and only what copies them sees the Secret.
    expect(initContainers?.map(({ name }) => name)).toEqual(["credentials"]);
    const { container_config: own } = config.run_k8s_config as { container_config: unknown };
    expect(JSON.stringify(own)).not.toContain("/run/homelab/secret");
  });

  it("lets its web server keep no connection to PostgreSQL longer than a second: one from before a restart is of no use", async () => {
    const { args = [] } = only(await run(), "compute-dagster-webserver");
    expect(args.slice(args.indexOf("--db-pool-recycle"))).toEqual(["--db-pool-recycle", "1"]);
  });

  it("lets its web server and daemon begin Jobs, and the code server nothing", async () => {
    const all = await run();
    expect(template(all, "compute-dagster-webserver").spec.serviceAccountName).toBe("dagster");
    expect(template(all, "compute-dagster-daemon").spec.automountServiceAccountToken).toBe(true);
    expect(template(all, "compute-dagster-code").spec.automountServiceAccountToken).toBe(false);
  });

  it("fetches the sample's packages before the code begins, and none where the image has them", async () => {
    const [, first] = template(await run(), "compute-dagster-code").spec.initContainers ?? [];
    expect(first?.command?.at(-1)).toBe("duckdb==2.0.1");
    const without = template(await run({ dagster: { packages: [] } }), "compute-dagster-code");
    expect(without.spec.initContainers?.map(({ name }) => name)).toEqual(["credentials"]);
  });
});

describe("MLflow", () => {
  it("fetches the drivers that the official image lacks before it starts, and none where the image has them", async () => {
    const { spec } = template(await run(), "compute-mlflow-pod");
    const [, first] = spec.initContainers ?? [];
    expect(first?.image).toBe(spec.containers[0]?.image);
    expect(first?.command?.slice(-4)).toEqual([
      "--target",
      "/opt/packages",
      "psycopg2-binary==2.9.13",
      "boto3==1.44.5",
    ]);
    expect(spec.containers[0]?.env).toContainEqual({ name: "PYTHONPATH", value: "/opt/packages" });
    expect(spec.containers[0]?.volumeMounts).toContainEqual({ name: "packages", mountPath: "/opt/packages" });
    const without = template(await run({ mlflow: { packages: [] } }), "compute-mlflow-pod");
    expect(without.spec.initContainers?.map(({ name }) => name)).toEqual(["credentials"]);
    expect(JSON.stringify(without)).not.toContain("/opt/packages");
  });

  it("takes artifacts through itself, and answers to the node's address and name only", async () => {
    const { args = [], command } = only(await run({ mlflow: { port: 5555 } }), "compute-mlflow-pod");
    expect(command).toEqual(["python", "/opt/homelab/start.py", "mlflow", "mlflow", "server"]);
    expect(args).toContain("s3://mlflow");
    expect(args[args.indexOf("--allowed-hosts") + 1]?.split(",")).toEqual([
      "10.0.0.3",
      "10.0.0.3:5555",
      "compute",
      "compute:5555",
      "compute.*",
      "compute.*:5555",
      "localhost",
      "localhost:5555",
    ]);
  });
});

describe("models", () => {
  it("use the GPU where there is one, in turns", async () => {
    const all = await run({ ...everything, gpu: { enabled: true, shares: 5 } });
    for (const name of ["compute-vllm-pod", "compute-llama-cpp-pod", "compute-ollama-pod"]) {
      expect(template(all, name).spec.runtimeClassName).toBe("nvidia");
      expect(only(all, name).resources.limits).toEqual({ "nvidia.com/gpu": "1" });
    }
    expect(only(all, "compute-llama-cpp-pod").image).toContain("server-cuda-");
    const { data } = named(all, "compute-gpu-config").inputs as { data: Record<string, string> };
    expect(data["config.yaml"]).toContain("replicas: 5");
    expect(named(all, "compute-gpu").type).toBe("kubernetes:apps/v1:DaemonSet");
  });

  it("use the CPU where there is none, and vLLM does not run then", async () => {
    const all = await run();
    expect(all.map(({ name }) => name)).not.toContain("compute-vllm-pod");
    expect(all.map(({ name }) => name)).not.toContain("compute-gpu");
    expect(only(all, "compute-llama-cpp-pod").resources.limits).toBeUndefined();
    expect(only(all, "compute-llama-cpp-pod").image).not.toContain("cuda");
    expect(template(all, "compute-llama-cpp-pod").spec.runtimeClassName).toBeUndefined();
  });

  it("are taken from the hub or from a file, and Ollama's are fetched beside it", async () => {
    const all = await run({ llamaCpp: { model: "/models/tiny.gguf" }, ollama: { models: ["qwen3:0.6b"] } });
    expect(only(all, "compute-llama-cpp-pod").args).toEqual(
      expect.arrayContaining(["--model", "/models/tiny.gguf"]),
    );
    expect(template(all, "compute-ollama-pod").spec.containers[1]).toMatchObject({
      name: "models",
      args: ["qwen3:0.6b"],
    });
    expect(only(await run(), "compute-llama-cpp-pod").args).toContain("--hf-repo");
  });

  it("have their weights in a directory that says why it may be lost", async () => {
    const all = await run({ modelCache: "/srv/models" });
    expect(named(all, "compute").visible.placement).toMatchObject({
      node: "compute",
      keeps: "ephemeral",
      paths: ["/srv/models"],
    });
    const { files, keeps } = named(all, "compute-model-cache").inputs as {
      files: { content: string }[];
      keeps: string[];
    };
    // So that another directory is not filled from the network while this one is left behind unseen.
    expect(keeps).toEqual(["/srv/models"]);
    expect(files[0]?.content).toContain("-o 1000 -g 1000 /srv/models");
    expect(files[1]?.content).toContain("losing them costs a download");
  });
});

describe("the placement rule", () => {
  it("finds nothing in any of its workloads but the declared cache", async () => {
    const text = workloads(await run(everything))
      .concat(named(await run(everything), "compute-gpu"))
      .map(({ inputs, type }) =>
        JSON.stringify({ apiVersion: "apps/v1", kind: type.split(":")[2], ...inputs }),
      )
      .join("\n---\n");
    const { facts, errors } = readFiles([{ path: "compute.yaml", text }], {
      read: () => undefined,
      filesIn: () => [],
    });
    expect([...errors]).toEqual([]);
    const topology = {
      nodes: [
        { name: "compute", lifecycle: "on-demand" as const, addresses: ["10.0.0.3"], labels: {}, taints: [] },
      ],
      networkClasses: [],
    };
    const { violations, exemptions } = judge(facts, topology);
    expect(violations).toEqual([]);
    expect(exemptions.map(({ rule }) => rule)).toEqual(Array.from({ length: 3 }, () => "writable-host-path"));
  });
});
