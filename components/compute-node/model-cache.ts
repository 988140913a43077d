import { render, serviceUnit } from "../../packages/quadlet";
import { podUser, type ComputeSettings, modelWeights } from "../../services";

export const cacheService = "homelab-model-cache.service";
export const reasonFile = "/etc/homelab/model-cache.reason";

/** Makes the directory for model weights, and says in it why losing it costs nothing, for the audit. */
export function modelCacheService(directory: string): string {
  const install = "/usr/bin/install";
  return render(
    serviceUnit({
      unit: { description: "Directory for copies of model weights", requiresMountsFor: [directory] },
      service: {
        type: "oneshot",
        remainAfterExit: true,
        execStart: [
          [install, "-d", "-m", "0755", "-o", String(podUser), "-g", String(podUser), directory],
          [install, "-m", "0644", reasonFile, `${directory}/.homelab-ephemeral`],
        ],
      },
      install: { wantedBy: ["multi-user.target"] },
    }),
  );
}

export const cacheReason = (settings: ComputeSettings) => `${modelWeights(settings).reason}\n`;
