import { spawnSync } from "node:child_process";

/** What was found of one thing, and what to do about it. */
export interface Check {
  /** `note`: works, or may be meant so. */
  readonly state: "ok" | "note" | "missing";
  readonly what: string;
  readonly says: string;
}

/** What a program says, run without a shell. */
export type Ask = (program: string, args: readonly string[]) => string | undefined;

/** @returns undefined where it is not there, or fails */
export const ask: Ask = (program, args) => {
  const { status, stdout } = spawnSync(program, args, { encoding: "utf8", timeout: 20_000 });
  return status === 0 ? stdout.trim() : undefined;
};

export const ok = (what: string, says: string): Check => ({ state: "ok", what, says });
export const note = (what: string, says: string): Check => ({ state: "note", what, says });
export const missing = (what: string, says: string): Check => ({ state: "missing", what, says });
