import { z } from "zod";
import { modelWeights, podPort, type ComputeGroup } from "./compute-group";
import { flag, image, strict } from "./fields";
import { hubModel, pod } from "./pod-fields";
import { modelsAt, modelServer } from "./model-server";
import { service } from "./service";

const settings = strict({
  enabled: z
    .union([flag, z.literal("with-gpu")], { error: "must be true, false or with-gpu" })
    .default("with-gpu")
    .describe("vLLM (`with-gpu`: where there is a GPU)"),
  image: image.default("docker.io/vllm/vllm-openai:v0.29.0").describe("its image"),
  ...pod({ port: 8000, cpu: "2", memory: "8Gi" }),
  model: hubModel.default("Qwen/Qwen3-0.6B").describe("name on Hugging Face"),
  args: z.array(z.string().min(1)).prefault([]).describe("further arguments"),
});
export type VllmSettings = z.output<typeof settings>;

export const vllm = service({
  title: "vLLM",
  purpose: "serves a model on the GPU",
  key: "compute.vllm",
  on: ["compute"],
  settings,
  enabled: ({ enabled }, within: ComputeGroup) =>
    within.enabled && (enabled === "with-gpu" ? within.gpu.enabled : enabled),
  images: ({ image }) => [image],
  keeps: (_, within: ComputeGroup) => modelWeights(within),
  ports: (own) => podPort("vLLM", "vllm", own, "VLLM_URL"),
  // @see https://docs.vllm.ai/en/stable/deployment/docker.html
  pod: ({ image, port, model, args, cpu, memory }, context) =>
    modelServer(context, {
      name: "vllm",
      image,
      args: [model, "--host", "0.0.0.0", "--port", String(port), ...args],
      env: {
        HF_HOME: `${modelsAt}/huggingface`,
        VLLM_CACHE_ROOT: `${modelsAt}/vllm`,
        // PyTorch asks who it runs as, and the image does not know this user.
        USER: "homelab",
        VLLM_NO_USAGE_STATS: "1",
      },
      requests: { cpu, memory },
      port,
      probe: { path: "/health", startSeconds: 3600 },
      // Its processes share memory there.
      scratch: [{ name: "shm", at: "/dev/shm", inMemory: true }],
    }),
});
