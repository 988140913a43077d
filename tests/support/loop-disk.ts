import { execFileSync } from "node:child_process";

/** A small disk in a file of a lab machine, whose file system is made on this computer: the machines have nothing that makes one. */

/** @returns an empty file system of so many MB, as {@link putDisk} takes it */
export const emptyDisk = (megabytes: number): string =>
  execFileSync(
    "bash",
    [
      "-c",
      'set -euo pipefail; file=$(mktemp); trap \'rm -f "$file"\' EXIT; truncate -s "$1M" "$file"; mkfs.ext4 -q -F "$file"; gzip -1 -c "$file" | base64',
      "emptyDisk",
      String(megabytes),
    ],
    {
      encoding: "utf8",
      maxBuffer: 64 * 1024 ** 2,
      env: { ...process.env, PATH: `${process.env.PATH ?? ""}:/usr/sbin:/sbin` },
    },
  );

/** Bash for the machine: what it is given on its input becomes the file. */
export const putDisk = (file: string): string => `base64 -d | gunzip | cp --sparse=always /dev/stdin ${file}`;

/** Bash for the machine, one command: the file is mounted there. A container has no devices but those made in it. */
export const mountDisk = (file: string, at: string): string =>
  `( loop=$(losetup -f) && { [ -e "$loop" ] || mknod "$loop" b 7 "\${loop#/dev/loop}"; } && mount -o loop="$loop" ${file} ${at} )`;
