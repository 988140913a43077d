import type { z } from "zod";
import type { Node } from "../topology";
import { computeGroup, modelWeights, type ComputeGroup } from "./compute-group";
import { dagster } from "./dagster";
import { strict } from "./fields";
import { llamaCpp } from "./llama-cpp";
import { mlflow } from "./mlflow";
import { ollama } from "./ollama";
import { qdrant } from "./qdrant";
import type { PodContext, PodRun } from "./pod";
import { keyConflicts } from "./pod-key-conflicts";
import type { PodKeys } from "./pod-keys";
import { isOn, service, type Keeps, type Service, type Services } from "./service";
import { vllm } from "./vllm";

/** What runs on compute as pods, by its key below `homelab:compute`. */
export const pods = { dagster, mlflow, vllm, llamaCpp, ollama, qdrant } as const;

/** `homelab:compute`: what runs on compute, in the cluster. */
export const computeSchema = schemaWith(pods);

/** With a key for each service. */
function schemaWith<P extends Readonly<Record<string, { readonly settings: z.ZodType }>>>(all: P) {
  const own = Object.fromEntries(
    Object.entries(all).map(([name, { settings }]) => [name, settings.prefault({})]),
  ) as unknown as { [K in keyof P]: z.ZodPrefault<P[K]["settings"]> };
  return strict({ ...computeGroup, ...own });
}

export type ComputeSettings = z.output<typeof computeSchema>;

/** What services of compute have in common: the cache of model weights, and the GPU's device plugin. */
const group = (settings: typeof computeSchema, all: Services) =>
  service({
    title: "compute's services",
    purpose: "what runs on compute as pods of the cluster, and the cache of model weights",
    key: "compute",
    on: ["compute"],
    settings,
    problems: (own, { node, stack }) => [
      ...(own.enabled && !isOn(stack, "k3s")
        ? [
            "homelab:compute.enabled is true, and homelab:k3s.enabled is not: what runs on compute runs in the cluster, so set both.",
          ]
        : []),
      ...podsOn(
        own,
        contextOf(own, node, (image) => image),
        all,
      ).flatMap(({ service: one, run, more }) =>
        more === undefined ? [] : keyConflicts(one.key, run, more),
      ),
    ],
    enabled: ({ enabled }) => enabled,
    images: ({ gpu }) => [gpu.devicePlugin],
    keeps: (own) => modelWeights(own),
  });

/** `homelab:compute` of this house. */
export const compute = group(computeSchema, pods);

/** The same with other services, for a test. */
export const computeWith = (all: Services) => group(schemaWith(all) as unknown as typeof computeSchema, all);

/** What the services of compute may know. @param pinned the reference under which an image is run */
export const contextOf = (
  { namespace, modelCache, gpu }: ComputeGroup,
  node: Node,
  pinned: PodContext["pinned"],
): PodContext => ({ node, namespace, modelCache, pinned, ...(gpu.enabled ? { gpu } : {}) });

export type ComputeService = keyof typeof pods;

/** Services that run. */
export const runningServices = (settings: ComputeSettings, all: Services = pods): ComputeService[] =>
  (Object.keys(all) as ComputeService[]).filter((name) => all[name]?.enabled(settings[name], settings));

/** One that runs as pods, as PodService takes it. */
export interface RunningPods {
  readonly service: Service;
  readonly settings: unknown;
  readonly keeps: Keeps;
  readonly run: PodRun;
  /** Further keys of its pods, from the stack file. @default none */
  readonly more?: PodKeys;
}

/** The services that run as pods, each as it is on this node. */
export const podsOn = (settings: ComputeSettings, context: PodContext, all: Services = pods): RunningPods[] =>
  runningServices(settings, all).flatMap((name) => {
    const one = all[name];
    const own = settings[name];
    const run = one?.pod?.(own, context);
    if (one === undefined || run === undefined) return [];
    const { pod: more } = own as { readonly pod?: PodKeys };
    return [
      {
        ...{ service: one, settings: own, keeps: one.keeps(own, settings), run },
        ...(more === undefined ? {} : { more }),
      },
    ];
  });
