/** The files of the check command: paths and folders to texts. The only place of it that touches the disk. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { Dirent } from "node:fs";
import { inFolder } from "../readers/files/context";
import type { InputFile, Environment } from "../readers/files/read";
import { largestFile, largestSet } from "./limits";

const skipped = new Set([".git", "node_modules", ".terraform", ".venv", "vendor"]);

/** Endings by which a file in a folder is taken for one that could hold something to judge. */
const wanted =
  /\.(ya?ml|json|container|volume|pod|kube|build|network|image|artifact|service|quadlets)$|(^|\/)Kustomization$|(\.|(^|\/))(container|volume|pod|kube|build|service)\.d\/[^/]+\.conf$/;

/** Endings of files that hold such things in a form that is not read here; people are told of them. */
const foreign = /\.(container|volume|pod|kube|build|service|ya?ml|json)\.\w+$|\.(tf|nomad|hcl)$/;

/** What was found at the paths. */
export interface Collected {
  readonly files: readonly InputFile[];
  /** Files that were found in a folder, not named. */
  readonly found: ReadonlySet<string>;
  /** Files in folders that were passed over by their names: those worth a word, and how many others. */
  readonly passed: readonly string[];
  readonly others: number;
}

/** Reads paths in the order given; folders as a sorted walk. What cannot be read says why. */
export function collectFiles(paths: readonly string[]): Collected {
  const files: InputFile[] = [];
  const seen = new Set<string>();
  const found = new Set<string>();
  const passed: string[] = [];
  let others = 0;
  let size = 0;
  const add = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const file = readOne(path);
    if (found.has(path) && !mayHoldManifest(file)) {
      others += 1;
      return;
    }
    size += file.text?.length ?? 0;
    files.push(
      size > largestSet
        ? { path, error: `more than ${largestSet / 2 ** 20} MB were given at once: check them in parts` }
        : file,
    );
  };
  for (const path of paths) {
    if (!isFolder(path)) {
      add(path);
      found.delete(path);
      continue;
    }
    walk(path.replace(/\/+$/, "") || "/", (file, isWanted) => {
      if (isWanted) {
        if (!seen.has(file)) found.add(file);
        add(file);
      } else if (foreign.test(file)) passed.push(file);
      else others += 1;
    });
  }
  return { files, found, passed, others };
}

/** Folders are full of JSON that is none of ours, some of it with comments no parser takes. */
function mayHoldManifest({ path, text }: InputFile): boolean {
  if (!path.endsWith(".json") || text === undefined) return true;
  return /"(apiVersion|services|op)"\s*:/.test(text);
}

/** False also for what cannot be looked at: reading it says why. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function walk(folder: string, see: (path: string, isWanted: boolean) => void): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    // A folder that cannot be listed is named like a file that cannot be read.
    see(folder, true);
    return;
  }
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    const path = folder === "/" ? `/${entry.name}` : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name)) walk(path, see);
    } else if (entry.isFile() || (entry.isSymbolicLink() && !isFolder(path))) {
      see(path, wanted.test(path));
    }
  }
}

function readOne(path: string): InputFile {
  try {
    if (path === "-") return standardInput();
    const stat = statSync(path);
    // One that could be listed was walked.
    if (stat.isDirectory()) return { path, error: "it is a folder that may not be listed" };
    if (!stat.isFile()) return { path, error: "it is not a file" };
    if (stat.size > largestFile) {
      return { path, error: `it is larger than ${largestFile / 2 ** 20} MB, which no manifest is: split it` };
    }
    return { path, text: decoded(readFileSync(path)) };
  } catch (error) {
    return { path, error: whyNot(error) };
  }
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

/** Nothing at all is what a renderer that failed hands on, and no answer to a question. */
function standardInput(): InputFile {
  const bytes = readFileSync(0);
  if (bytes.length > largestFile) {
    return { path: "-", error: `more than ${largestFile / 2 ** 20} MB came in: check it in parts` };
  }
  const text = decoded(bytes);
  return text.trim() === "" ? { path: "-", error: "nothing came in on standard input" } : { path: "-", text };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file: a part of its path is no folder",
  EACCES: "it may not be read",
  EPERM: "it may not be read",
  ELOOP: "it is a link that leads back to itself",
  ENAMETOOLONG: "its name is too long for a file",
  ERR_ENCODING_INVALID_ENCODED_DATA: "it is not a text in UTF-8",
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function whyNot(error: unknown): string {
  const known = reasons[codeOf(error)];
  if (known !== undefined) return known;
  return error instanceof Error ? error.message : "it could not be read";
}

/** What stands around the files: `.env`, extended files, drop-ins. What is there and cannot be read is an error. */
export const disk: Environment = {
  read(path) {
    try {
      if (!statSync(path).isFile()) return undefined;
    } catch (error) {
      if (/^(ENOENT|ENOTDIR|ENAMETOOLONG|ERR_INVALID_ARG_VALUE)$/.test(codeOf(error))) return undefined;
      throw new Error(`${path}, which counts with it, cannot be read: ${whyNot(error)}`, { cause: error });
    }
    const { text, error } = readOne(path);
    if (text === undefined) throw new Error(`${path}, which counts with it, cannot be read: ${error ?? ""}`);
    return text;
  },
  filesIn(folder) {
    try {
      return readdirSync(folder === "" ? "." : folder)
        .sort()
        .map((name) => inFolder(folder, name));
    } catch (error) {
      if (/^(EACCES|EPERM|ELOOP)$/.test(codeOf(error)))
        throw new Error(`${folder}, which counts with it, cannot be listed: ${whyNot(error)}`, {
          cause: error,
        });
      return [];
    }
  },
};
