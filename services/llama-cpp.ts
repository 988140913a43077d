import { z } from "zod";
import { modelWeights, podPort, type ComputeGroup } from "./compute-group";
import { flag, image, strict } from "./fields";
import { hubModel, pod } from "./pod-fields";
import { modelsAt, modelServer } from "./model-server";
import { service } from "./service";

const settings = strict({
  enabled: flag.default(true).describe("llama.cpp"),
  image: image.default("ghcr.io/ggml-org/llama.cpp:server-b11347").describe("its image"),
  gpuImage: image
    .default("ghcr.io/ggml-org/llama.cpp:server-cuda-b11347")
    .describe("its image where there is a GPU"),
  ...pod({ port: 8081, cpu: "1", memory: "1Gi" }),
  model: z
    .union([hubModel, z.string().regex(/^\/[\w./-]+\.gguf$/)], {
      error:
        "must be the name of a model on Hugging Face with its quantization, or the path of a .gguf file in the container",
    })
    .default("second-state/All-MiniLM-L6-v2-Embedding-GGUF:Q8_0")
    .describe(
      "name on Hugging Face with its quantization, or path of a .gguf file in the container; `/models` is the model cache",
    ),
  embeddings: flag
    .default(true)
    .describe("it serves embeddings, as an embedding model does; without, it completes text"),
  args: z.array(z.string().min(1)).prefault([]).describe("further arguments"),
});
export type LlamaCppSettings = z.output<typeof settings>;

export const llamaCpp = service({
  title: "llama.cpp",
  purpose: "serves a small model, embeddings by default",
  key: "compute.llamaCpp",
  on: ["compute"],
  settings,
  enabled: ({ enabled }, within: ComputeGroup) => within.enabled && enabled,
  images: ({ image, gpuImage }) => [image, gpuImage],
  keeps: (_, within: ComputeGroup) => modelWeights(within),
  ports: (own) => podPort("llama.cpp", "llamaCpp", own, "LLAMA_CPP_URL"),
  // @see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
  pod: ({ image, gpuImage, port, model, embeddings, args, cpu, memory }, context) =>
    modelServer(context, {
      name: "llama-cpp",
      image: context.gpu === undefined ? image : gpuImage,
      args: [
        ...["--host", "0.0.0.0", "--port", String(port)],
        ...(model.startsWith("/") ? ["--model", model] : ["--hf-repo", model]),
        ...(embeddings ? ["--embeddings"] : []),
        ...(context.gpu === undefined ? [] : ["--n-gpu-layers", "999"]),
        ...args,
      ],
      env: { LLAMA_CACHE: `${modelsAt}/llama.cpp` },
      requests: { cpu, memory },
      port,
      // It answers before the model is there, but not with success.
      probe: { path: "/health", startSeconds: 3600 },
    }),
});
