/** A folder of files for a test, and what the check says of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { check } from "./check";
import type { FileReport } from "./report";

export interface Files {
  readonly folder: string;
  /** Path of a file in the folder. */
  at(path: string): string;
  put(texts: Readonly<Record<string, string>>): void;
  /** "violation", "ok" or "error" of each path, judged together as on an on-demand node. */
  verdicts(...paths: string[]): readonly string[];
  /** The reports of the paths, and the exit code. */
  judged(...args: string[]): {
    readonly code: number;
    readonly stderr: string;
    readonly files: readonly FileReport[];
    readonly notRead: { readonly passed: readonly string[]; readonly others: number };
  };
  remove(): void;
}

/** A new folder with these files in it. */
export function folderOf(texts: Readonly<Record<string, string>> = {}): Files {
  const folder = mkdtempSync(join(tmpdir(), "policy-"));
  const at = (path: string): string => join(folder, path);
  const put: Files["put"] = (more) => {
    for (const [path, text] of Object.entries(more)) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
    }
  };
  const judged: Files["judged"] = (...args) => {
    const given = args.map((arg) => (arg.startsWith("-") ? arg : at(arg)));
    const { code, stdout, stderr } = check(["--node", "compute", "--output", "json", ...given], false);
    return { code, stderr, ...(JSON.parse(stdout) as { files: FileReport[]; notRead: never }) };
  };
  put(texts);
  return {
    folder,
    at,
    put,
    judged,
    verdicts: (...paths) => judged(...paths).files.map(({ verdict }) => verdict),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
