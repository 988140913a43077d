import { containerUnit, render } from "../../quadlet";
import { podmanSize, type PostgresSettings } from "../../settings";
import {
  confDirectory,
  containerName,
  inContainer,
  initDirectory,
  mountedConf,
  mountedData,
  mountedInit,
  superuserSecret,
} from "./layout";

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

/** The text of postgres.container. @param image whole reference of the image built for this node. */
export function postgresQuadlet(settings: PostgresSettings, image: string): string {
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
        POSTGRES_INITDB_ARGS: initdb.join(" "),
        POSTGRES_PASSWORD_FILE: `/run/secrets/${superuserSecret}`,
      },
      secrets: [{ name: superuserSecret }],
      mounts: [
        { source: settings.dataDirectory, target: mountedData },
        { source: confDirectory, target: mountedConf, readOnly: true },
        { source: initDirectory, target: mountedInit, readOnly: true },
      ],
      shmSize: podmanSize(settings.shmSize),
      // A shutdown ends with a checkpoint, which may have to write all of shared_buffers.
      stopTimeout: 120,
      logDriver: "journald",
      exec: ["-c", `config_file=${mountedConf}/postgresql.conf`],
    },
    service: {
      restart: "always",
      restartSec: 5,
      // After a power cut the server replays WAL first; killing it then would start that over.
      timeoutStartSec: 600,
      timeoutStopSec: 150,
      execStartPost: [inContainer("sh", `${mountedConf}/settle.sh`, String(settings.port))],
    },
    install: { wantedBy: ["multi-user.target"] },
  });
  return render(unit);
}
