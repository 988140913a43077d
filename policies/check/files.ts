/** The files of the check command: paths and folders to texts. The only place of it that touches the disk. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { Dirent } from "node:fs";
import type { InputFile, Surroundings } from "../readers/files/read";

const skipped = new Set([".git", "node_modules", ".terraform", ".venv", "vendor"]);

/** Endings by which a file in a folder is taken for one that could hold something to judge. */
const wanted =
  /\.(ya?ml|json|container|volume|pod|kube|build|network|image|artifact|service)$|\.(container|volume|pod|kube|build)\.d\/[^/]+\.conf$|(^|\/)(container|volume|pod|kube|build)\.d\/[^/]+\.conf$/;

/** Larger than any manifest people write. */
const largest = 32 * 1024 * 1024;

/** Reads paths in the order given; folders as a sorted walk. What cannot be read says why. */
export function collectFiles(paths: readonly string[]): readonly InputFile[] {
  const files: InputFile[] = [];
  const seen = new Set<string>();
  const add = (path: string, found = false): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const file = readOne(path);
    if (!found || mayHoldManifest(file)) files.push(file);
  };
  for (const path of paths) {
    if (isFolder(path)) {
      walk(path.replace(/\/+$/, "") || "/", (file) => {
        add(file, true);
      });
    } else add(path);
  }
  return files;
}

/** Folders are full of JSON that is none of ours, some of it with comments no parser takes. */
function mayHoldManifest({ path, text }: InputFile): boolean {
  if (!path.endsWith(".json") || text === undefined) return true;
  return /"(apiVersion|services|op)"\s*:/.test(text);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function walk(folder: string, add: (path: string) => void): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    // A folder that cannot be listed is named like a file that cannot be read.
    add(folder);
    return;
  }
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    const path = folder === "/" ? `/${entry.name}` : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name)) walk(path, add);
    } else if (wanted.test(path) && (entry.isFile() || (entry.isSymbolicLink() && !isFolder(path))))
      add(path);
  }
}

function readOne(path: string): InputFile {
  try {
    if (path === "-") return standardInput();
    const stat = statSync(path);
    if (!stat.isFile()) return { path, error: "it is not a file" };
    if (stat.size > largest) return { path, error: "it is too large to be a manifest" };
    return { path, text: new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path)) };
  } catch (error) {
    return { path, error: whyNot(error) };
  }
}

/** Nothing at all is what a renderer that failed hands on, and no answer to a question. */
function standardInput(): InputFile {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(0));
  return text.trim() === "" ? { path: "-", error: "nothing came in on standard input" } : { path: "-", text };
}

function whyNot(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "it may not be read";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "it is not a text in UTF-8";
  return error instanceof Error ? error.message : "it could not be read";
}

/** What stands around the files: `.env`, extended files, drop-ins. */
export const disk: Surroundings = {
  read(path) {
    return readOne(path).text;
  },
  filesIn(folder) {
    try {
      return readdirSync(folder)
        .sort()
        .map((name) => `${folder}/${name}`);
    } catch {
      return [];
    }
  },
};
