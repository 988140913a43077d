/** Arguments of the check command. */

export interface CheckOptions {
  readonly node?: string;
  readonly topology?: string;
  readonly networkClasses: readonly string[];
  readonly output: "text" | "json";
  /** Named files in which nothing is recognised are passed over, as those found in a folder are. */
  readonly skipUnrecognised: boolean;
  readonly paths: readonly string[];
}

export const usage = `usage: policy check [--node NODE] [--topology FILE] [--network-class NAME]… [--output text|json]
                    [--skip-unrecognised] PATH…
       policy admission [TOPOLOGY]    prints the same rule for a Kubernetes API server

PATH is a file, a folder, or - for what comes in on standard input (helm template CHART | … check -).

Says whether what stands in manifests, compose files and quadlets would keep data on an on-demand node.

  --node NODE            everything is taken to land on NODE, whatever placement it states
  --topology FILE        the nodes and network storage classes (default: topology.yaml, where there is one)
  --network-class NAME   a further class whose storage is off the node; may be repeated
  --output text|json     for people (default) or for programs
  --skip-unrecognised    named files in which nothing is recognised are passed over, as in folders: for hooks that
                         name every changed file

Exit: 0 nothing found, 1 violations, 2 something could not be judged.`;

/** The arguments are wrong; the message says how. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Reads the arguments after "check".
 *
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): CheckOptions {
  let node: string | undefined;
  let topology: string | undefined;
  let output: CheckOptions["output"] = "text";
  let skipUnrecognised = false;
  const networkClasses: string[] = [];
  const paths: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? "";
    if (arg === "--") {
      paths.push(...args.slice(index + 1));
      break;
    }
    if (!arg.startsWith("--")) {
      paths.push(arg);
      continue;
    }
    if (arg === "--skip-unrecognised") {
      skipUnrecognised = true;
      continue;
    }
    const cut = arg.indexOf("=");
    const name = cut < 0 ? arg : arg.slice(0, cut);
    const value = cut < 0 ? args[(index += 1)] : arg.slice(cut + 1);
    if (!["--node", "--topology", "--network-class", "--output"].includes(name)) {
      throw new UsageError(`${name} is not an option of check.`);
    }
    if (value === undefined || value === "") throw new UsageError(`${name} needs a value.`);
    if (name === "--node") node = value;
    else if (name === "--topology") topology = value;
    else if (name === "--network-class")
      networkClasses.push(...value.split(",").filter((each) => each !== ""));
    else if (value === "text" || value === "json") output = value;
    else throw new UsageError(`--output must be text or json, not ${value}.`);
  }
  if (paths.length === 0) throw new UsageError("no PATH was given: name the files or folders to check.");
  return {
    ...(node === undefined ? {} : { node }),
    ...(topology === undefined ? {} : { topology }),
    networkClasses,
    output,
    skipUnrecognised,
    paths,
  };
}
