/** Files that a compose file includes: a string, a list, or paths with a folder and variables of their own. */
import { anywhere, unknown } from "../../../engine/facts";
import { fields, text, texts } from "../../values";
import { hasVariable } from "../../variables";
import { beside, canonical, folderOf, origin } from "../context";
import type { FileContext } from "../context";
import { complain } from "../problems";
import { envOf } from "./project";
import type { Env } from "./project";

/** A project that another includes. */
export interface Included {
  readonly paths: readonly string[];
  readonly env: Env;
  /** True for a file that was given: it answers for itself, and is only followed to where it leads. */
  readonly isJudged: boolean;
}

/**
 * What an entry of `include` adds; undefined where it was not found or was included before.
 *
 * @param above the files that led here
 * @param before every file that was included so far
 */
export function includedBy(
  entry: unknown,
  env: Env,
  above: readonly string[],
  before: Set<string>,
  context: FileContext,
): Included | undefined {
  const stated = texts(text(entry) ?? fields(entry).path);
  const paths = stated.map((path) => beside(context.path, path));
  const [first] = paths;
  if (first === undefined) return undefined;
  const circle = paths.find((path) => above.includes(canonical(path)));
  if (circle !== undefined) {
    complain(context, `${circle} includes itself by way of others, which compose refuses`);
    return undefined;
  }
  const key = paths.map(canonical).join("\n");
  if (before.has(key)) return undefined;
  before.add(key);
  const missing = stated.filter((_, index) => context.lookup(paths[index] ?? "") === undefined);
  for (const path of missing) addMissing(path, context);
  const found = paths.filter((_, index) => !missing.includes(stated[index] ?? ""));
  if (found.length === 0) return undefined;
  const files = texts(fields(entry).env_file).map((path) => beside(context.path, path));
  const folder = text(fields(entry).project_directory);
  const own = envOf(
    folder === undefined ? folderOf(first) : beside(context.path, folder),
    context,
    files.length === 0 ? undefined : files,
  );
  // What the including project sets counts more.
  const isJudged = paths.length === 1 && context.isGiven?.(first) === true;
  return { paths: found, env: { ...own, ...env }, isJudged };
}

function addMissing(path: string, context: FileContext): void {
  const why = hasVariable(path)
    ? `the file ${path} it includes has a variable in its name`
    : `the file ${path} it includes was not found`;
  context.facts.workloads.push({
    origin: origin(context, `include ${path}`),
    engine: "containers",
    placement: anywhere,
    volumes: [{ name: path, source: unknown(why), mounts: [], mountsKnown: false }],
    containers: [],
  });
}
