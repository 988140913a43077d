import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { NodeName } from "../../topology";

/** `npm run delete-data` on the lab: the second, explicit step after a destroy. */
const root = join(__dirname, "../..");
const lab = ["--topology", "lab/state/topology.yaml", "--identity", "lab/state/id_lab"];

function command(...args: string[]) {
  const done = spawnSync("npm", ["run", "--silent", "delete-data", "--", ...lab, ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
  });
  return { code: done.status ?? 255, text: `${done.stdout}${done.stderr}` };
}

export interface Kept {
  readonly path: string;
  /** `in use by …` or `left behind by …`. */
  readonly state: string;
}

/** What the command lists. */
export function keptData(node: NodeName): Kept[] {
  const { code, text } = command(node);
  if (code !== 0) throw new Error(text);
  return [...text.matchAll(/^\s*\d+ MB {2}(\S+) {2}(.+)$/gm)].map(([, path = "", state = ""]) => ({
    path,
    state,
  }));
}

/** Deletes them, as somebody who has typed the paths. */
export function deleteData(node: NodeName, paths: readonly string[]): void {
  if (paths.length === 0) return;
  const { code, text } = command("--yes", node, ...paths);
  if (code !== 0) throw new Error(text);
}

/** What the command says when it does not delete. @throws Error when it does */
export function deleteRefusal(node: NodeName, ...paths: string[]): string {
  const { code, text } = command("--yes", node, ...paths);
  if (code === 0) throw new Error(`${paths.join(", ")} was deleted.`);
  return text;
}
