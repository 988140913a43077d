import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { rowsOf, runScript } from "./run";

/** What a node begins by the clock, as crontabs.sh says it. */
export interface SeenCrontabs {
  /** The package of its cron, or `none`. */
  readonly cron: string;
  readonly version: string;
  readonly zone: string;
  readonly systemd: boolean;
  readonly anacron: boolean;
  readonly users: readonly string[];
  readonly files: readonly SeenCrontab[];
  readonly scripts: readonly {
    readonly path: string;
    readonly executable: boolean;
    readonly package: string;
  }[];
  readonly timers: readonly SeenTimer[];
  /** Names that could not be told. */
  readonly odd: readonly string[];
}

interface SeenTimer {
  readonly name: string;
  readonly package: string;
  /** Whether it begins anything as it stands. */
  readonly active: boolean;
  readonly text: string;
}

export interface SeenCrontab {
  readonly path: string;
  /** Empty for a system crontab. */
  readonly user: string;
  readonly package: string;
  readonly owner: string;
  readonly mode: string;
  readonly links: number;
  readonly regular: boolean;
  readonly sha256: string;
  readonly text: string;
}

const decoded = (base64 = "") => Buffer.from(base64, "base64").toString("utf8");

/** Reads what crontabs.sh printed. @throws RemoteError naming the node when it is cut short */
export function parseCrontabs(node: string, stdout: string): SeenCrontabs {
  const rows = rowsOf(stdout);
  const of = (kind: string) => rows.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  if (of("end").length !== 1) throw new RemoteError(`${node}: its answer about crontabs was cut short.`);
  return {
    cron: of("cron")[0]?.[0] ?? "none",
    version: of("cron")[0]?.[1] ?? "",
    zone: of("zone")[0]?.[0] ?? "UTC",
    systemd: of("systemd").length > 0,
    anacron: of("anacron").length > 0,
    users: of("user").map(([name = ""]) => name),
    files: of("file").map(
      ([, path = "", user = "", owner = "", who = "", mode = "", links, regular, sha256 = "", text]) => ({
        ...{ path, user, package: owner, owner: who, mode, links: Number(links), regular: regular === "yes" },
        ...{ sha256, text: decoded(text) },
      }),
    ),
    scripts: of("script").map(([path = "", executable, owner = ""]) => ({
      ...{ path, executable: executable === "yes", package: owner },
    })),
    timers: of("timer").map(([name = "", owner = "", active, text]) => ({
      ...{ name, package: owner, active: active === "yes", text: decoded(text) },
    })),
    odd: of("odd").map(([name = ""]) => name),
  };
}

const limits = { timeoutSeconds: 120 } as const;

/** What a node begins by the clock. It only looks. */
export async function lookAtCrontabs(connection: ConnectionArgs, signal: AbortSignal): Promise<SeenCrontabs> {
  const { code, stdout, stderr } = await runScript(connection, "crontabs", {
    ...limits,
    ...{ stdin: "verb\tlook\nend\n", signal },
  });
  if (code !== 0) throw new RemoteError(`${connection.node}: ${stderr.trim()}`);
  return parseCrontabs(connection.node, stdout);
}

/** A crontab's line that something else runs from now on. */
export interface TakenLine {
  readonly path: string;
  /** Of the file when it was read: one that was changed since is refused. */
  readonly sha256: string;
  readonly number: number;
  /** What runs it now. */
  readonly name: string;
}

/**
 * Turns lines of crontabs into comments that say what runs them now.
 * @throws RemoteError when a file was changed since; then nothing is.
 */
export async function disableLines(
  connection: ConnectionArgs,
  lines: readonly TakenLine[],
  signal: AbortSignal,
): Promise<void> {
  const rows = lines.map(({ path, sha256, number, name }) => ["line", path, sha256, number, name].join("\t"));
  const { code, stderr } = await runScript(connection, "crontabs", {
    ...limits,
    ...{ stdin: `${["verb\tdisable", ...rows, "end"].join("\n")}\n`, signal },
  });
  if (code !== 0) throw new RemoteError(`${connection.node}: ${stderr.trim()}`);
}
