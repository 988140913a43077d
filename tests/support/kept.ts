import type { NodeName } from "../../topology";
import { homelabCommand } from "./command";

/** `homelab delete-data` on the lab: the second, explicit step after a destroy. */
const command = (...args: string[]) => homelabCommand("delete-data", args, 120);

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
