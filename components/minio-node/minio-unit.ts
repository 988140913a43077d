import { containerUnit, render } from "../../packages/quadlet";
import type { MinioSettings } from "../../services";
import { rootSecretPrefix } from "../object-store";

/** MinIO, the engine behind the S3 endpoint: the one file to change, with `homelab:minio.image`, for another. */
export const service = "minio.service";
export const rootUserSecret = `${rootSecretPrefix("minio")}-user`;
export const rootPasswordSecret = `${rootSecretPrefix("minio")}-password`;

/** The text of minio.container. @param image whole reference of an image that is on the node already. */
export function minioQuadlet(settings: MinioSettings, image: string): string {
  const unit = containerUnit({
    unit: {
      description: "MinIO object storage",
      wants: ["network-online.target"],
      after: ["network-online.target"],
      requiresMountsFor: [settings.dataDirectory],
    },
    container: {
      containerName: "minio",
      image,
      pull: "never",
      network: "host",
      environment: {
        // File names below /run/secrets.
        MINIO_ROOT_USER_FILE: rootUserSecret,
        MINIO_ROOT_PASSWORD_FILE: rootPasswordSecret,
        // It would ask its maker's server for news at every start.
        MINIO_UPDATE: "off",
        // Of itself it acknowledges what is in the kernel's cache.
        ...(settings.syncWrites ? { MINIO_FS_OSYNC: "on" } : {}),
        // Its figures without a key: Prometheus reads them, and so may whoever reaches the port. They name buckets and sizes.
        MINIO_PROMETHEUS_AUTH_TYPE: "public",
      },
      secrets: [
        { name: rootUserSecret, mode: "0400" },
        { name: rootPasswordSecret, mode: "0400" },
      ],
      mounts: [{ source: settings.dataDirectory, target: "/data" }],
      noNewPrivileges: true,
      stopTimeout: 30,
      logDriver: "journald",
      // MinIO takes one address or all: NodeFirewall decides who reaches the ports.
      exec: [
        "server",
        "--address",
        `:${settings.apiPort}`,
        "--console-address",
        `:${settings.consolePort}`,
        "/data",
      ],
    },
    service: { restart: "always", restartSec: 5, timeoutStartSec: 120, timeoutStopSec: 45 },
    install: { wantedBy: ["multi-user.target"] },
  });
  return render(unit);
}

/** Answers 2xx once objects can be written; `live` does so before the disks are ready. */
export function healthUrl(settings: MinioSettings): string {
  return `http://127.0.0.1:${settings.apiPort}/minio/health/cluster`;
}
