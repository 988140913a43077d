import { isIPv6 } from "node:net";
import { runningServices, type ComputeService, type ComputeSettings } from "../../settings";
import type { Node } from "../../topology";

/** Where the services are, under the names by which programs expect that in their environment. */
export interface ComputeEndpoints {
  readonly DAGSTER_URL?: string;
  readonly MLFLOW_TRACKING_URI?: string;
  readonly VLLM_URL?: string;
  readonly LLAMA_CPP_URL?: string;
  readonly OLLAMA_URL?: string;
  readonly QDRANT_URL?: string;
}

const variables: Readonly<Record<ComputeService, keyof ComputeEndpoints>> = {
  dagster: "DAGSTER_URL",
  mlflow: "MLFLOW_TRACKING_URI",
  vllm: "VLLM_URL",
  llamaCpp: "LLAMA_CPP_URL",
  ollama: "OLLAMA_URL",
  qdrant: "QDRANT_URL",
};

/** The services that run, on the node's own address. */
export function endpointsOf({ address }: Node, settings: ComputeSettings): ComputeEndpoints {
  const host = isIPv6(address) ? `[${address}]` : address;
  return Object.fromEntries(
    runningServices(settings).map((name) => [variables[name], `http://${host}:${settings[name].port}`]),
  );
}

/** As people write the services' names. */
export const titles: Readonly<Record<ComputeService, string>> = {
  dagster: "Dagster",
  mlflow: "MLflow",
  vllm: "vLLM",
  llamaCpp: "llama.cpp",
  ollama: "Ollama",
  qdrant: "Qdrant",
};
