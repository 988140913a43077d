import { podUser, type ComputeSettings, modelWeights } from "../../services";
import { directoriesService } from "../pod-service";

export const cacheService = "homelab-model-cache.service";
export const reasonFile = "/etc/homelab/model-cache.reason";

/** Makes the directory for model weights, and says in it why losing it costs nothing, for the audit. */
export const modelCacheService = (directory: string): string =>
  directoriesService({
    description: "Directory for copies of model weights",
    directories: [directory],
    mode: "0755",
    owner: { uid: podUser, gid: podUser },
    reasonFile,
  });

export const cacheReason = (settings: ComputeSettings) => `${modelWeights(settings).reason}\n`;
