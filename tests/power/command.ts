import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../..");
const lab = ["--topology", "lab/state/topology.yaml", "--identity", "lab/state/id_lab"];

/** Runs `npm run wake|sleep|power` on the lab's house. */
export function command(name: "wake" | "sleep", ...args: string[]): { code: number; text: string } {
  const done = spawnSync("npm", ["run", "--silent", name, "--", ...lab, ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
  });
  if (done.error !== undefined) throw done.error;
  return { code: done.status ?? 255, text: `${done.stdout}${done.stderr}` };
}
