/** Plain files to facts: each file goes to the reader of what it is. */
import { noFacts } from "../../engine/facts";
import type { Facts } from "../../engine/facts";
import { addAsGiven } from "./along";
import { canonical } from "./context";
import type { FileContext } from "./context";
import { readFile } from "./file";

/** A file of the set: its text, or why it could not be had. */
export interface InputFile {
  readonly path: string;
  readonly text?: string;
  readonly error?: string;
}

export interface ReadFiles {
  readonly facts: Facts;
  /** Files that could not be judged, by path, each with why. */
  readonly errors: ReadonlyMap<string, string>;
  /** Files in which nothing was found that a reader takes, by path, each with who judges it instead. */
  readonly unread: ReadonlyMap<string, string>;
}

/** How readers look beyond the files they were given: extended compose files, .env, drop-ins. */
export interface Environment {
  /** @throws Error for a file that is there and cannot be read */
  readonly read: (path: string) => string | undefined;
  readonly filesIn: (folder: string) => readonly string[];
  /** Called before each file, for whoever watches that none takes for ever. */
  readonly onFile?: (index: number) => void;
}

/**
 * Reads a set of files into one set of facts. A file that cannot be read is named, the rest still read. What stands
 * in a file that was only read along is reported in the given file that it was read for.
 */
export function readFiles(files: readonly InputFile[], surroundings: Environment): ReadFiles {
  const facts = noFacts();
  const errors = new Map<string, string>();
  const unread = new Map<string, string>();
  const given = new Map(files.map((file) => [canonical(file.path), file]));
  const givenAt = (path: string): InputFile | undefined => given.get(canonical(path));
  const lookup = (path: string): string | undefined => givenAt(path)?.text ?? surroundings.read(path);
  files.forEach((file, index) => {
    surroundings.onFile?.(index);
    const own = noFacts();
    const context: FileContext = {
      path: file.path,
      facts: own,
      lookup,
      filesIn: surroundings.filesIn,
      isGiven: (path) => givenAt(path) !== undefined,
      problems: [],
    };
    if (file.text === undefined) {
      errors.set(file.path, file.error ?? "it could not be read");
      return;
    }
    const { error, nothing } = attempt(file.text, context);
    if (error !== undefined) errors.set(file.path, error);
    if (nothing !== undefined) unread.set(file.path, nothing);
    addAsGiven(own, facts, (path) => givenAt(path)?.path ?? file.path);
  });
  return { facts, errors, unread };
}

/** Reads one file; answers why it could not be, or that there was nothing in it to read. */
function attempt(content: string, context: FileContext): { error?: string; nothing?: string } {
  try {
    const outcome = readFile(content, context);
    const [problem] = context.problems ?? [];
    return problem === undefined ? outcome : { ...outcome, error: outcome.error ?? problem };
  } catch (error) {
    if (error instanceof RangeError) return { error: "it is nested too deep to be judged" };
    return { error: error instanceof Error ? (error.message.split("\n")[0] ?? "") : "it could not be read" };
  }
}
