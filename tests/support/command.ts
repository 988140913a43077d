import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../..");

/** What a command answers; a failure is an answer, too. */
export interface CommandResult {
  readonly code: number;
  readonly text: string;
}

/**
 * Runs one of the program's own commands on the lab's house: `lab/homelab NAME ARGS…`.
 * @throws Error when it has not ended after so many seconds
 */
export function homelabCommand(name: string, args: readonly string[], seconds: number): CommandResult {
  const done = spawnSync(join(root, "lab/homelab"), [name, ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 1000 * seconds,
  });
  if (done.error !== undefined) throw done.error;
  return { code: done.status ?? 255, text: `${done.stdout}${done.stderr}` };
}
