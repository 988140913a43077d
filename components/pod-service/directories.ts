import { render, serviceUnit } from "../../packages/quadlet";

/** In a directory that may be lost: why, for the audit. */
export const ephemeralMark = ".homelab-ephemeral";

export interface PodDirectories {
  readonly description: string;
  readonly directories: readonly string[];
  readonly mode: string;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** File that says why they may be lost, put into each. @default they may not */
  readonly reasonFile?: string;
  /** Units that must not run beside what uses them. @default none */
  readonly conflicts?: readonly string[];
}

/** Makes directories of the node for pods, with their owner: one that the kubelet makes is root's. */
export function directoriesService(of: PodDirectories): string {
  const { description, directories, mode, owner, reasonFile, conflicts } = of;
  const install = "/usr/bin/install";
  return render(
    serviceUnit({
      unit: {
        description,
        requiresMountsFor: directories,
        ...(conflicts === undefined ? {} : { conflicts, after: conflicts }),
      },
      service: {
        type: "oneshot",
        remainAfterExit: true,
        execStart: [
          [...[install, "-d", "-m", mode, "-o", String(owner.uid), "-g", String(owner.gid)], ...directories],
          ...(reasonFile === undefined
            ? []
            : directories.map((one) => [install, "-m", "0644", reasonFile, `${one}/${ephemeralMark}`])),
        ],
      },
      install: { wantedBy: ["multi-user.target"] },
    }),
  );
}
