/** The check command: files in, a report out. */
import { existsSync, readFileSync } from "node:fs";
import { judge } from "../engine/judge";
import { findNode } from "../engine/topology";
import type { Topology } from "../engine/topology";
import { readFiles } from "../readers/files/read";
import { collectFiles, disk } from "./files";
import { parseOptions, UsageError, usage } from "./options";
import type { CheckOptions } from "./options";
import { asJson, asText, exitCode, reportFiles } from "./report";
import { readTopology, TopologyError } from "./topology";

export interface CheckResult {
  readonly code: 0 | 1 | 2;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whoever bounds the time of a check: files that took too long before, and how far it is now. */
export interface Bounds {
  readonly refused: Readonly<Record<string, string>>;
  readonly onFiles: (paths: readonly string[]) => void;
  /** The file that is read now; -1 when all were. */
  readonly onFile: (index: number) => void;
}

/** Where the topology is looked for when none is named. */
const defaultTopology = "topology.yaml";

/**
 * Runs `policy check`.
 *
 * @param args what stands after "check"
 * @param colour whether the text may be coloured
 */
export function check(args: readonly string[], colour: boolean, bounds?: Bounds): CheckResult {
  try {
    const options = parseOptions(args);
    const topology = loadTopology(options);
    const { files: collected, found, ...leftOut } = collectFiles(options.paths);
    const files = collected.map(({ path, ...rest }) => {
      const why = bounds?.refused[path];
      return why === undefined ? { path, ...rest } : { path, error: why };
    });
    bounds?.onFiles(files.map(({ path }) => path));
    const {
      facts,
      errors: unreadable,
      unread,
    } = readFiles(files, bounds === undefined ? disk : { ...disk, onFile: bounds.onFile });
    bounds?.onFile(-1);
    // What was named is an error where nothing takes it: nobody names a file to have it passed over.
    const named = [...unread].filter(([path]) => !options.skipUnrecognised && !found.has(path));
    const errors = new Map([...unreadable, ...named]);
    const judgement = judge(facts, topology, options.node === undefined ? {} : { node: options.node });
    const paths = files.map(({ path }) => path);
    const reports = reportFiles(paths, judgement, errors, new Set(unread.keys()));
    return {
      code: exitCode(reports),
      stdout: options.output === "json" ? asJson(reports, leftOut) : asText(reports, leftOut, colour),
      stderr: notes(options, topology, errors),
    };
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, stdout: "", stderr: `${error.message}\n\n${usage}\n` };
    if (error instanceof TopologyError) return { code: 2, stdout: "", stderr: `${error.message}\n` };
    throw error;
  }
}

function loadTopology(options: CheckOptions): Topology {
  const none: Topology = { nodes: [], networkClasses: [] };
  const file = options.topology ?? (existsSync(defaultTopology) ? defaultTopology : undefined);
  const read = file === undefined ? none : readTopology(contentOf(file), file);
  return { ...read, networkClasses: [...read.networkClasses, ...options.networkClasses] };
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new TopologyError(`The topology ${file} cannot be read: name another with --topology.`);
  }
}

function notes(options: CheckOptions, topology: Topology, errors: ReadonlyMap<string, string>): string {
  const lines: string[] = [];
  if (options.node !== undefined && findNode(topology, options.node) === undefined) {
    lines.push(`note: the node ${options.node} is not in the topology and is taken as on-demand.`);
  }
  for (const [path, why] of errors) lines.push(`${path} could not be judged: ${why.replace(/\.$/, "")}.`);
  return lines.map((line) => `${line}\n`).join("");
}
