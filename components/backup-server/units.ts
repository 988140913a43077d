import { resolve } from "node:path/posix";
import { containerUnit, render, serviceUnit, timerUnit } from "../../packages/quadlet";
import { superuserSecret } from "../postgres-node";
import { postgresDirectory, postgresOwner, scriptDirectory } from "./layout";

/** What runs by a timer: `homelab-backup-NAME`. */
export interface Job {
  readonly name: string;
  readonly description: string;
  /** The script, by its name here or its path, with its arguments. */
  readonly command: readonly [script: string, ...args: string[]];
  /** Where it writes: it does not run while a disk on the way there is not mounted. */
  readonly directory: string;
  /** A moment as systemd writes it, or so many seconds after the last run. */
  readonly when: string | number;
  /** Whether it runs restic, whose image and secrets have to be there first. @default false */
  readonly restic?: boolean;
}

const hour = 3600;

/** The timer of a job and the service that it starts, by path. */
export function jobFiles(job: Job): { path: string; content: string }[] {
  const base = `/etc/systemd/system/homelab-backup-${job.name}`;
  const service = serviceUnit({
    unit: {
      description: job.description,
      after: ["postgres.service", "network-online.target"],
      requiresMountsFor: [job.directory],
    },
    service: {
      type: "oneshot",
      // It waits for everything else that the node has to do.
      nice: 19,
      execStart: [[resolve(scriptDirectory, job.command[0]), ...job.command.slice(1)]],
      timeoutStartSec: typeof job.when === "number" ? hour / 2 : 12 * hour,
    },
  });
  const timer = timerUnit({
    unit: { description: `${job.description}, by the clock` },
    timer:
      typeof job.when === "number"
        ? { onActiveSec: job.when, onUnitInactiveSec: job.when, accuracySec: 1 }
        : { onCalendar: [job.when], persistent: true },
  });
  return [
    { path: `${base}.service`, content: render(service) },
    { path: `${base}.timer`, content: render(timer) },
  ];
}

/** At each start and each change of a key: the repositories get the keys of their nodes. */
export function keysFile(directory: string): { path: string; content: string } {
  return {
    path: "/etc/systemd/system/homelab-backup-keys.service",
    content: render(
      serviceUnit({
        unit: {
          description: "Each node's repository of backups has that node's key",
          after: ["network-online.target"],
          requiresMountsFor: [directory],
        },
        service: {
          type: "oneshot",
          remainAfterExit: true,
          execStart: [[resolve(scriptDirectory, "keys.sh")]],
          timeoutStartSec: hour / 4,
        },
        install: { wantedBy: ["multi-user.target"] },
      }),
    ),
  };
}

/** The text of homelab-backup-wal.container. @param image that of the server. */
export function walQuadlet(directory: string, port: number, image: string): string {
  const histories = postgresDirectory(directory);
  return render(
    containerUnit({
      unit: {
        description: "PostgreSQL's WAL into the backup, as it is written",
        after: ["postgres.service"],
        requiresMountsFor: [directory],
        startLimitIntervalSec: 0,
      },
      container: {
        containerName: "homelab-backup-wal",
        image,
        pull: "never",
        network: "host",
        user: postgresOwner,
        secrets: [{ name: superuserSecret, mode: "0400", uid: Number(postgresOwner.split(":")[0]) }],
        mounts: [
          { source: histories, target: "/backup" },
          { source: scriptDirectory, target: scriptDirectory, readOnly: true },
        ],
        noNewPrivileges: true,
        stopTimeout: 20,
        logDriver: "journald",
        exec: ["bash", `${scriptDirectory}/wal.sh`, String(port)],
      },
      service: { restart: "always", restartSec: 5 },
      install: { wantedBy: ["multi-user.target"] },
    }),
  );
}
