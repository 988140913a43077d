import { z } from "zod";
import { modelWeights, podPort, type ComputeGroup } from "./compute-group";
import { flag, image, listOf, strict } from "./fields";
import { pod } from "./pod-fields";
import { service } from "./service";

const settings = strict({
  enabled: flag.default(true),
  image: image.default("docker.io/ollama/ollama:0.35.1"),
  ...pod({ port: 11434, cpu: "1", memory: "2Gi" }),
  /** Fetched when it starts; others when a client asks for them. */
  models: listOf(
    z.string().regex(/^[\w./-]+(:[\w.-]+)?$/, "must be the name of a model, such as qwen3:0.6b"),
  ).prefault([]),
});
export type OllamaSettings = z.output<typeof settings>;

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
});
