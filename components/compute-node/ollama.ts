import type { ComputeSettings } from "../../services";
import type { Node } from "../../topology";
import { modelsAt } from "./ephemeral";
import { modelServer } from "./model-server";
import type { Program } from "./pod";

/** Asks for each model until it is there; its arguments are the models. */
const fetchModels =
  'until ollama list >/dev/null 2>&1; do sleep 2; done; for model in "$@"; do until ollama pull "$model"; do sleep 30; done; done; exec sleep infinity';

/** @see https://docs.ollama.com/docker */
export function ollama(node: Node, settings: ComputeSettings) {
  const { image, port, models, cpu, memory } = settings.ollama;
  const fetcher: Program = {
    name: "models",
    image,
    command: ["/bin/sh", "-c", fetchModels, "models"],
    args: models,
    env: { OLLAMA_HOST: `127.0.0.1:${port}` },
    requests: { cpu: "10m", memory: "32Mi" },
  };
  return modelServer(
    node,
    settings,
    {
      name: "ollama",
      image,
      args: ["serve"],
      env: { OLLAMA_HOST: `0.0.0.0:${port}`, OLLAMA_MODELS: `${modelsAt}/ollama` },
      requests: { cpu, memory },
      port,
      probe: { path: "/api/version", startSeconds: 300 },
    },
    models.length === 0 ? [] : [fetcher],
  );
}
