import { z } from "zod";
import { modelWeights, podPort, type ComputeGroup } from "./compute-group";
import { flag, image, listOf, strict } from "./fields";
import { pod } from "./pod-fields";
import { modelsAt, modelServer } from "./model-server";
import type { Program } from "./pod";
import { service } from "./service";

const settings = strict({
  enabled: flag.default(true).describe("Ollama"),
  image: image.default("docker.io/ollama/ollama:0.35.1").describe("its image"),
  ...pod({ port: 11434, cpu: "1", memory: "2Gi" }),
  models: listOf(z.string().regex(/^[\w./-]+(:[\w.-]+)?$/, "must be the name of a model, such as qwen3:0.6b"))
    .prefault([])
    .describe("fetched when it starts; others when a client asks for them"),
});
export type OllamaSettings = z.output<typeof settings>;

/** Asks for each model until it is there; its arguments are the models. */
const fetchModels =
  'until ollama list >/dev/null 2>&1; do sleep 2; done; for model in "$@"; do until ollama pull "$model"; do sleep 30; done; done; exec sleep infinity';

const fetcher = ({ image, port, models }: OllamaSettings): Program => ({
  name: "models",
  image,
  command: ["/bin/sh", "-c", fetchModels, "models"],
  args: models,
  env: { OLLAMA_HOST: `127.0.0.1:${port}` },
  requests: { cpu: "10m", memory: "32Mi" },
});

export const ollama = service({
  title: "Ollama",
  purpose: "serves models by name",
  key: "compute.ollama",
  on: ["compute"],
  settings,
  enabled: ({ enabled }, within: ComputeGroup) => within.enabled && enabled,
  images: ({ image }) => [image],
  keeps: (_, within: ComputeGroup) => modelWeights(within),
  ports: (own) => podPort("Ollama", "ollama", own, "OLLAMA_URL"),
  // @see https://docs.ollama.com/docker
  pod: (own, context) =>
    modelServer(
      context,
      {
        name: "ollama",
        image: own.image,
        args: ["serve"],
        env: { OLLAMA_HOST: `0.0.0.0:${own.port}`, OLLAMA_MODELS: `${modelsAt}/ollama` },
        requests: { cpu: own.cpu, memory: own.memory },
        port: own.port,
        probe: { path: "/api/version", startSeconds: 300 },
      },
      own.models.length === 0 ? [] : [fetcher(own)],
    ),
});
