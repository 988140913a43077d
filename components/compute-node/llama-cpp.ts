import type { ComputeSettings } from "../../services";
import type { Node } from "../../topology";
import { modelsAt } from "./ephemeral";
import { modelServer } from "./model-server";

/** @see https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md */
export function llamaCpp(node: Node, settings: ComputeSettings) {
  const { image, gpuImage, port, model, embeddings, args, cpu, memory } = settings.llamaCpp;
  return modelServer(node, settings, {
    name: "llama-cpp",
    image: settings.gpu.enabled ? gpuImage : image,
    args: [
      ...["--host", "0.0.0.0", "--port", String(port)],
      ...(model.startsWith("/") ? ["--model", model] : ["--hf-repo", model]),
      ...(embeddings ? ["--embeddings"] : []),
      ...(settings.gpu.enabled ? ["--n-gpu-layers", "999"] : []),
      ...args,
    ],
    env: { LLAMA_CACHE: `${modelsAt}/llama.cpp` },
    requests: { cpu, memory },
    port,
    // It answers before the model is there, but not with success.
    probe: { path: "/health", startSeconds: 3600 },
  });
}
