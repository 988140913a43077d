import type { ComputeSettings } from "../../services";
import type { Node } from "../../topology";
import { modelsAt } from "./ephemeral";
import { modelServer } from "./model-server";

/** @see https://docs.vllm.ai/en/stable/deployment/docker.html */
export function vllm(node: Node, settings: ComputeSettings) {
  const { image, port, model, args, cpu, memory } = settings.vllm;
  return modelServer(node, settings, {
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
  });
}
