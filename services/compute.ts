import type { z } from "zod";
import { computeGroup, modelWeights } from "./compute-group";
import { dagster } from "./dagster";
import { strict } from "./fields";
import { llamaCpp } from "./llama-cpp";
import { mlflow } from "./mlflow";
import { ollama } from "./ollama";
import { qdrant } from "./qdrant";
import type { PodContext, PodRun } from "./pod";
import { service, type Keeps, type Service } from "./service";
import { vllm } from "./vllm";

/** What runs on compute as pods, by its key below `homelab:compute`. */
export const pods = { dagster, mlflow, vllm, llamaCpp, ollama, qdrant } as const;

/** `homelab:compute`: what runs on compute, in the cluster. */
export const computeSchema = strict({
  ...computeGroup,
  dagster: dagster.settings.prefault({}),
  mlflow: mlflow.settings.prefault({}),
  vllm: vllm.settings.prefault({}),
  llamaCpp: llamaCpp.settings.prefault({}),
  ollama: ollama.settings.prefault({}),
  qdrant: qdrant.settings.prefault({}),
});

export type ComputeSettings = z.output<typeof computeSchema>;

/** What its services have in common: the cache of model weights, and the GPU's device plugin. */
export const compute = service({
  title: "compute's services",
  purpose: "what runs on compute as pods of the cluster, and the cache of model weights",
  key: "compute",
  on: ["compute"],
  settings: computeSchema,
  enabled: ({ enabled }) => enabled,
  images: ({ gpu }) => [gpu.devicePlugin],
  keeps: (settings) => modelWeights(settings),
});

export type ComputeService = keyof typeof pods;

/** Services that run. */
export function runningServices(settings: ComputeSettings): ComputeService[] {
  const names = Object.keys(pods) as ComputeService[];
  return names.filter((name) => pods[name].enabled(settings[name] as never, settings));
}

/** One that runs as pods, as PodService takes it. */
export interface RunningPods {
  readonly service: Service;
  readonly settings: unknown;
  readonly keeps: Keeps;
  readonly run: PodRun;
}

/** The services that run as pods, each as it is on this node. */
export const podsOn = (settings: ComputeSettings, context: PodContext): RunningPods[] =>
  runningServices(settings).flatMap((name) => {
    const one: Service = pods[name];
    const own = settings[name];
    const run = one.pod?.(own, context);
    return run === undefined ? [] : [{ service: one, settings: own, keeps: one.keeps(own, settings), run }];
  });

/** What a schema cannot see of compute alone: one sentence a mistake. */
export function computeProblems(settings: ComputeSettings, inCluster: boolean): string[] {
  if (!settings.enabled) return [];
  return inCluster
    ? []
    : [
        "homelab:compute.enabled is true, and homelab:k3s.enabled is not: what runs on compute runs in the cluster, so set both.",
      ];
}
