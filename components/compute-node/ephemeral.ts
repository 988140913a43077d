import type { core } from "@pulumi/kubernetes/types/input";
import type { ComputeSettings } from "../../services";

/** A declaration that some of a pod's volumes may be lost. */
export interface Ephemeral {
  /** Why that costs nothing. */
  readonly reason: string;
  readonly volumes: readonly string[];
}

/** In the words that the policies read. */
export function ephemeralLabels({ reason, volumes }: Ephemeral): Record<string, string> {
  return { "homelab.dev/ephemeral": reason, "homelab.dev/ephemeral-volumes": volumes.join(",") };
}

/** Model weights, in a directory of the node: a pod that restarts does not fetch gigabytes again. */
export const modelCache: Ephemeral = {
  reason: "copies of published model weights: losing them costs a download",
  volumes: ["models"],
};

/** Where the pods find it. */
export const modelsAt = "/models";

export function modelVolume({ modelCache: path }: Pick<ComputeSettings, "modelCache">): core.v1.Volume {
  // Made, with its owner, by the unit of model-cache.ts: a directory that the kubelet makes is root's.
  return { name: "models", hostPath: { path, type: "Directory" } };
}

export const modelMount: core.v1.VolumeMount = { name: "models", mountPath: modelsAt };
