import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../..");
const house = ["--topology", "lab/state/topology.yaml", "--identity", "lab/state/id_lab"];

/** What a command answers; a failure is an answer, too. */
export interface Said {
  readonly code: number;
  readonly text: string;
}

/**
 * Runs one of the program's own commands (`npm run NAME`) on the lab's house, in its network.
 * @throws Error when it has not ended after so many seconds
 */
export function houseCommand(name: string, args: readonly string[], seconds: number): Said {
  const done = spawnSync(join(root, "lab/in"), ["npm", "run", "--silent", name, "--", ...house, ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 1000 * seconds,
  });
  if (done.error !== undefined) throw done.error;
  return { code: done.status ?? 255, text: `${done.stdout}${done.stderr}` };
}
