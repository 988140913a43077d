import type { NodeName } from "../../../topology";
import type { NodeOptions } from "../../program/command";

export const verbs = {
  plan: "show what would be moved, what is missing first, what to know; nothing is changed",
  run: "move what is not moved yet; may be stopped anywhere and run again",
  verify: "compare source and target as they are now",
  status: "show how far each database is",
} as const;
export type Verb = keyof typeof verbs;

/** What all verbs are given. */
export interface MigrateOptions extends NodeOptions {
  readonly source: string;
  readonly via?: NodeName;
  readonly passwordFile?: string;
  readonly database: readonly string[];
  readonly owner: readonly string[];
  readonly name: string;
  readonly jobs?: number;
  readonly workDirectory?: string;
  readonly port: number;
  /** Of `run`. */
  readonly readOnlySource?: boolean;
  /** Of `verify`. */
  readonly recorded?: boolean;
}
