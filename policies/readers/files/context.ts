/** What readers of files share: where they are, where they put what they find. */
import type { FactsBuilder, Origin } from "../../engine/facts";
import type { Values } from "../values";

/** Reads another file of the set or beside it, by path. */
export type Lookup = (path: string) => string | undefined;

export interface FileContext {
  /** Path as given by the user. */
  readonly path: string;
  readonly facts: FactsBuilder;
  /** Text of another file by its path; undefined where there is none. */
  readonly lookup: Lookup;
  /** Paths of the files in a folder, sorted; none where there is no such folder. */
  readonly filesIn: (folder: string) => readonly string[];
  /** True for a file of the set, which is judged by itself; where it is left out, there is no set. */
  readonly isGiven?: (path: string) => boolean;
  /** Why the file cannot be judged as a whole, as readers find it out. */
  readonly problems?: string[];
  /** True for a patch whose base is known: what it leaves out stands there. */
  readonly isPartial?: boolean;
}

/** For readers of what is made of other objects, such as a kustomization: those objects go back to the reader of all kinds. */
export interface ObjectContext extends FileContext {
  readonly readObject: (object: Values, context: FileContext) => void;
}

export function origin(context: FileContext, resource: string): Origin {
  return { file: context.path, resource };
}

/** The folder of a path, "" for the current one. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A path beside a file, with "." and ".." worked out. */
export function beside(file: string, relative: string): string {
  if (relative.startsWith("/")) return relative;
  const parts = folderOf(file).split("/");
  const kept: string[] = [];
  for (const part of [...parts, ...relative.split("/")]) {
    if (part === "." || (part === "" && kept.length > 0)) continue;
    if (part === ".." && kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else kept.push(part);
  }
  return kept.join("/").replace(/^\/+/, file.startsWith("/") ? "/" : "");
}

/** A path by which the same file is known however it was written: "./a", "b/../a" and "a" are one. */
export function canonical(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else kept.push(part);
  }
  return `${path.startsWith("/") ? "/" : ""}${kept.join("/")}`;
}

/** A path in a folder, "" for the current one. */
export function inFolder(folder: string, name: string): string {
  return folder === "" ? name : `${folder.replace(/\/$/, "")}/${name}`;
}
