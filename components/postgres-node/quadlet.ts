import { containerUnit, pathOfSecret, render } from "../../packages/quadlet";
import { podmanSize } from "../../services";
import {
  clusterBelow,
  confDirectory,
  containerName,
  inContainer,
  initDirectory,
  mountedConf,
  mountedData,
  mountedInit,
  replicationSecret,
  searchPath,
  superuserSecret,
} from "./layout";
import { startExec, refused } from "./replication";

/** Arguments of initdb, at the first start only. */
export const initdb = [
  // On by default in 18; said all the same, because data rots silently without.
  "--data-checksums",
  "--encoding=UTF8",
  // Sort order of the server's own: an operating system's changes with its version and corrupts indexes.
  "--locale=C.UTF-8",
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  "--auth-local=peer",
  "--auth-host=scram-sha-256",
];

export interface QuadletArgs {
  /** Directory on the node that holds the cluster. */
  readonly dataDirectory: string;
  /** /dev/shm, as PostgreSQL writes a size. */
  readonly shmSize: string;
  /** TCP port that the server listens on. */
  readonly port: number;
  /** Whole reference of the image built for this node. */
  readonly image: string;
  /** Whether it asks another server before it starts. @default false */
  readonly paired?: boolean;
  /** Where there is no data: a cluster of its own, or the copy that start.sh makes. @default new */
  readonly origin?: "new" | "copy";
}

/** The text of postgres.container. */
export function postgresQuadlet({ paired = false, origin = "new", image, ...settings }: QuadletArgs): string {
  const unit = containerUnit({
    unit: {
      description: "PostgreSQL 18",
      // The server listens on the node's own address, which must be there.
      wants: ["network-online.target"],
      after: ["network-online.target"],
      requiresMountsFor: [settings.dataDirectory],
    },
    container: {
      containerName,
      image,
      pull: "never",
      // The server sees who connects, which pg_hba.conf decides by; a bridge would show its own address.
      network: "host",
      environment: {
        ...(origin === "new" ? { POSTGRES_INITDB_ARGS: initdb.join(" ") } : {}),
        PATH: searchPath,
        ...(origin === "new" ? { POSTGRES_PASSWORD_FILE: pathOfSecret(superuserSecret) } : {}),
      },
      secrets: [
        ...(origin === "new" ? [{ name: superuserSecret }] : []),
        ...(paired ? [{ name: replicationSecret }] : []),
      ],
      mounts: [
        { source: settings.dataDirectory, target: mountedData },
        { source: confDirectory, target: mountedConf, readOnly: true },
        ...(origin === "new" ? [{ source: initDirectory, target: mountedInit, readOnly: true }] : []),
      ],
      shmSize: podmanSize(settings.shmSize),
      // A shutdown ends with a checkpoint, which may have to write all of shared_buffers.
      stopTimeout: 120,
      logDriver: "journald",
      exec: [...(paired ? startExec : []), "-c", `config_file=${mountedConf}/postgresql.conf`],
    },
    service: {
      restart: "always",
      restartSec: 5,
      ...(paired ? { restartPreventExitStatus: [refused] } : {}),
      // After a power cut the server replays WAL first; killing it then would start that over.
      timeoutStartSec: 600,
      timeoutStopSec: 150,
      execStartPre: [
        ["/bin/sh", `${confDirectory}/auto-conf.sh`, `${settings.dataDirectory}/${clusterBelow}`],
      ],
      ...(origin === "new"
        ? { execStartPost: [inContainer("sh", `${mountedConf}/settle.sh`, String(settings.port))] }
        : {}),
    },
    install: { wantedBy: ["multi-user.target"] },
  });
  return render(unit);
}
