import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Real programs out of the lab's image archives, which `make lab` leaves in its cache: what the lab runs, without a machine.
 * @returns the folder that has them
 * @throws Error when the image was not made yet
 */
export function programsOf(
  image: "restic" | "minio" | "prometheus" | "nats" | "victorialogs",
  ...names: string[]
): string {
  const images = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "homelab/images");
  const archives = existsSync(images)
    ? readdirSync(images).filter((name) => name.startsWith(`${image}-`) && name.endsWith(".tar"))
    : [];
  const archive = archives.at(-1);
  if (archive === undefined)
    throw new Error(`There is no image of ${image} in ${images}: \`make lab\` makes it.`);
  const folder = join(__dirname, "../../node_modules/.cache/homelab/programs", archive.replace(/\.tar$/, ""));
  if (names.every((name) => existsSync(join(folder, name)))) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  // VictoriaLogs' image has its program at the root.
  const within = image === "victorialogs" ? "./" : "*/bin/";
  const wanted = names.map((name) => `'${within}${name}'`).join(" ");
  execFileSync("bash", [
    "-c",
    `set -euo pipefail; layer=$(tar -tf "$1" | grep 'tar$' | tail -n 1); tar -xOf "$1" "$layer" | tar -x -C "$2" --wildcards ${wanted}; find "$2" -mindepth 2 -type f -exec mv -t "$2" {} +`,
    ...["bash", join(images, archive), fresh],
  ]);
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return folder;
}
