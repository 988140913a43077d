import type { PodContext, PodRun, Program } from "./pod";

/** Where the pods find the cache of model weights. */
export const modelsAt = "/models";

/**
 * What serves models, at the node's own port: with the cache of their weights, and with the GPU where there is one.
 * @param beside programs of the same pod, which need no GPU.
 */
export function modelServer(
  { gpu, modelCache }: PodContext,
  program: Program,
  beside: readonly Program[] = [],
): Pick<PodRun, "name" | "pods"> {
  const { name } = program;
  return {
    name,
    pods: [
      {
        name,
        nodeDirectories: modelCache === undefined ? [] : [{ name: "models", path: modelCache, at: modelsAt }],
        ephemeral: ["models"],
        ...(gpu === undefined ? {} : { runtimeClass: gpu.runtimeClass }),
        programs: [{ ...program, onNode: true, ...(gpu === undefined ? {} : { gpu: true }) }, ...beside],
        // A download of a model may take longer than anybody waits for an `up`.
        awaited: false,
      },
    ],
  };
}
