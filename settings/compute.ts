import { z } from "zod";
import { bucketName, dataDirectory, identifier, image, listOf, port, s3User, strict } from "./forms";

const flag = z.boolean({ error: "must be true or false" });

const cpu = z
  .string({ error: "must be a text such as 500m (thousandths of a core) or 2" })
  .regex(/^[1-9]\d*m?$/, "must be a number of cores such as 2, or thousandths such as 500m");

const memory = z
  .string({ error: "must be a text such as 512Mi or 4Gi" })
  .regex(/^[1-9]\d*(Mi|Gi)$/, "must be a size as Kubernetes writes it, such as 512Mi or 4Gi");

/** What every service is told: where it listens, what it runs, and what the scheduler keeps free for it. */
const service = (defaults: { port: number; cpu: string; memory: string }) => ({
  port: port.default(defaults.port),
  cpu: cpu.default(defaults.cpu),
  memory: memory.default(defaults.memory),
});

const count = (least: number, most: number) =>
  z
    .int("must be a whole number")
    .min(least, `must be ${least} to ${most}`)
    .max(most, `must be ${least} to ${most}`);

const requirement = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.]*$/,
    "must be a Python package with its exact version, such as duckdb==2.0.1",
  );

/** The name of a model on Hugging Face, for llama.cpp with the quantization: `owner/name:Q8_0`. */
const hubModel = z
  .string()
  .regex(
    /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*(:[\w.-]+)?$/,
    "must be the name of a model on Hugging Face, such as Qwen/Qwen3-0.6B",
  );

/** `homelab:compute`: what runs on compute, in the cluster. */
export const computeSchema = strict({
  /** Whether anything runs there; asks for `homelab:k3s.enabled`. */
  enabled: flag.default(false),
  /** In the cluster; everything that runs on compute is in it. */
  namespace: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a small letter, then small letters, digits or -")
    .default("homelab-compute"),
  gpu: strict({
    /** The node has an NVIDIA GPU, its driver and the NVIDIA container toolkit. */
    enabled: flag.default(false),
    /** K3s makes it by itself where it finds the toolkit. */
    runtimeClass: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, "must be the name of a RuntimeClass, such as nvidia")
      .default("nvidia"),
    /** How many pods may use the GPU at a time. */
    shares: count(1, 16).default(3),
    devicePlugin: image.default("nvcr.io/nvidia/k8s-device-plugin:v0.17.1"),
  }).prefault({}),
  /** Where model weights are kept on the node; losing them costs a download. */
  modelCache: dataDirectory.default("/srv/homelab/models"),
  dagster: strict({
    enabled: flag.default(true),
    image: image.default("docker.io/dagster/dagster-k8s:1.13.27"),
    ...service({ port: 3300, cpu: "250m", memory: "512Mi" }),
    /** Owner of the database, one of storage's roles. */
    role: identifier.default("system"),
    database: identifier.default("dagster"),
    /** One of storage's S3 users. */
    user: s3User.default("dagster"),
    /** Where assets and the logs of runs go; one of the user's. */
    bucket: bucketName.default("parquet"),
    /** Python packages that the sample code needs beyond its image's, fetched when a pod starts. */
    packages: listOf(requirement).prefault(["duckdb==2.0.1"]),
    maxConcurrentRuns: count(1, 100).default(4),
    runCpu: cpu.default("500m"),
    runMemory: memory.default("1Gi"),
    /** A run whose pod vanished is begun anew so often. */
    maxRetries: count(0, 10).default(3),
  }).prefault({}),
  mlflow: strict({
    enabled: flag.default(true),
    /** The plain image: the drivers for PostgreSQL and S3 are not in it. */
    image: image.default("ghcr.io/mlflow/mlflow:v3.17.0"),
    /** Python packages beyond its image's, fetched when the pod starts. */
    packages: listOf(requirement).prefault(["psycopg2-binary==2.9.13", "boto3==1.44.5"]),
    ...service({ port: 5050, cpu: "250m", memory: "1Gi" }),
    role: identifier.default("system"),
    database: identifier.default("mlflow"),
    user: s3User.default("mlflow"),
    bucket: bucketName.default("mlflow"),
    workers: count(1, 16).default(2),
  }).prefault({}),
  vllm: strict({
    enabled: z
      .union([flag, z.literal("with-gpu")], { error: "must be true, false or with-gpu" })
      .default("with-gpu"),
    image: image.default("docker.io/vllm/vllm-openai:v0.29.0"),
    ...service({ port: 8000, cpu: "2", memory: "8Gi" }),
    model: hubModel.default("Qwen/Qwen3-0.6B"),
    /** Further arguments, as vLLM's documentation names them. */
    args: z.array(z.string().min(1)).prefault([]),
  }).prefault({}),
  llamaCpp: strict({
    enabled: flag.default(true),
    image: image.default("ghcr.io/ggml-org/llama.cpp:server-b11347"),
    /** Takes its place where there is a GPU. */
    gpuImage: image.default("ghcr.io/ggml-org/llama.cpp:server-cuda-b11347"),
    ...service({ port: 8081, cpu: "1", memory: "1Gi" }),
    /** On Hugging Face, or the path of a GGUF file below /models, which is the model cache. */
    model: z
      .union([hubModel, z.string().regex(/^\/[\w./-]+\.gguf$/)], {
        error:
          "must be the name of a model on Hugging Face with its quantization, or the path of a .gguf file in the container",
      })
      .default("second-state/All-MiniLM-L6-v2-Embedding-GGUF:Q8_0"),
    /** Serves /v1/embeddings, as an embedding model does; without, it completes text. */
    embeddings: flag.default(true),
    args: z.array(z.string().min(1)).prefault([]),
  }).prefault({}),
  ollama: strict({
    enabled: flag.default(true),
    image: image.default("docker.io/ollama/ollama:0.35.1"),
    ...service({ port: 11434, cpu: "1", memory: "2Gi" }),
    /** Fetched when it starts; others when a client asks for them. */
    models: listOf(
      z.string().regex(/^[\w./-]+(:[\w.-]+)?$/, "must be the name of a model, such as qwen3:0.6b"),
    ).prefault([]),
  }).prefault({}),
  /** A derived copy for search. Off: PostgreSQL alone is the default stage, see docs/search.md. */
  qdrant: strict({
    enabled: flag.default(false),
    image: image.default("docker.io/qdrant/qdrant:v1.18.2"),
    /** `memory` holds vectors and index, about 2 KB for each document of 384 dimensions; it gets no more. */
    ...service({ port: 6333, cpu: "250m", memory: "2Gi" }),
    /** What the copy may take on disk; a pod that takes more is made anew, empty. */
    disk: memory.default("10Gi"),
  }).prefault({}),
});

export type ComputeSettings = z.output<typeof computeSchema>;

/** Services in the order of the table in nodes/compute.ts, with the key of each. */
export const computeServices = ["dagster", "mlflow", "vllm", "llamaCpp", "ollama", "qdrant"] as const;

export type ComputeService = (typeof computeServices)[number];

/** Services that run. */
export function runningServices(settings: ComputeSettings): ComputeService[] {
  if (!settings.enabled) return [];
  return computeServices.filter((name) =>
    settings[name].enabled === "with-gpu" ? settings.gpu.enabled : settings[name].enabled,
  );
}

/** What a schema cannot see of compute alone: one sentence a mistake. */
export function computeProblems(settings: ComputeSettings, inCluster: boolean): string[] {
  if (!settings.enabled) return [];
  return inCluster
    ? []
    : [
        "homelab:compute.enabled is true, and homelab:k3s.enabled is not: what runs on compute runs in the cluster, so set both.",
      ];
}
