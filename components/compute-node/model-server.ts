import type { ComputeSettings } from "../../services";
import type { Node } from "../../topology";
import { modelCache, modelMount, modelVolume } from "./ephemeral";
import { gpuOf } from "./gpu";
import { deployment, type Program } from "./pod";

/**
 * What serves models, at the node's own port: with the cache of their weights, and with the GPU where there is one.
 * @param beside programs of the same pod, which need no GPU.
 */
export function modelServer(
  node: Node,
  settings: ComputeSettings,
  program: Program,
  beside: readonly Program[] = [],
) {
  const gpu = gpuOf(settings);
  return deployment({
    name: program.name,
    namespace: settings.namespace,
    node,
    ephemeral: modelCache,
    volumes: [modelVolume(settings)],
    mounts: [modelMount],
    ...gpu.pod,
    programs: [{ ...program, onNode: true, ...gpu.program }, ...beside],
  });
}
