/** Files of the machine that runs Pulumi, which resources name by path. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ReadContext } from "../readers/pulumi";

/** More than this is no text that sets something up. */
const largest = 5_000_000;

/** Reads below `root` where a path is relative. */
export function localFiles(root: string): Pick<ReadContext, "readFile" | "filesIn"> {
  return {
    readFile(path) {
      try {
        const file = resolve(root, path);
        return statSync(file).size > largest ? undefined : readFileSync(file, "utf8");
      } catch {
        return undefined;
      }
    },
    filesIn(folder) {
      try {
        const base = resolve(root, folder);
        return readdirSync(base, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1));
      } catch {
        return undefined;
      }
    },
  };
}
