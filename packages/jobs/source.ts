import type { NodeName } from "../../topology";

/** What was found on a node that begins something by the clock. */
export interface Source {
  readonly node: NodeName;
  /** The zone of its clock. */
  readonly zone: string;
  /** Which cron reads the crontabs; `unknown` is taken for Debian's, `none` begins nothing. */
  readonly cron: "debian" | "cronie" | "unknown" | "none";
  readonly systemd: boolean;
  readonly anacron: boolean;
  /** Who has an account there. @default not known */
  readonly users?: ReadonlySet<string>;
  readonly files: readonly CrontabFile[];
  /** Scripts that run-parts is shown. */
  readonly scripts: readonly Script[];
  readonly timers: readonly Timer[];
}

export interface CrontabFile {
  readonly path: string;
  /** Of a user's crontab: whose it is. A system one names a user in each line. */
  readonly user?: string;
  readonly text: string;
  /** The package that brought it. */
  readonly package?: string;
  /** What it is on the disk. @default not known, and taken to be as it must */
  readonly stat?: FileStat;
}

export interface FileStat {
  readonly owner: string;
  /** Octal, e.g. `600`. */
  readonly mode: string;
  readonly links: number;
  /** Also of what a link leads to. */
  readonly regular: boolean;
}

export interface Script {
  readonly path: string;
  readonly executable: boolean;
  readonly package?: string;
}

export interface Timer {
  readonly name: string;
  readonly text: string;
  /** Whether it begins anything as it stands. @default true */
  readonly active?: boolean;
  readonly package?: string;
}

/** Why Debian's cron passes a file over, as the end of a sentence. */
export function passedOver(
  file: CrontabFile,
  { users, cron }: Pick<Source, "users" | "cron">,
): string | undefined {
  const { path, user, stat } = file;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (cron === "none") return "no cron is installed on the node";
  if (cron === "cronie") return undefined;
  if (/\/cron\.d\/[^/]+$/.test(path) && !/^[A-Za-z0-9_-]+$/.test(name))
    return `its name ${name} has a character that is no letter, digit, _ or -`;
  if (user !== undefined && users !== undefined && !users.has(user)) return `${user} has no account`;
  if (stat === undefined) return undefined;
  if (!stat.regular) return "it is no regular file";
  if (stat.owner !== "root" && stat.owner !== user)
    return `it belongs to ${stat.owner}, and must belong to ${user ?? "root"}`;
  if (user !== undefined && stat.mode !== "600") return `its mode is ${stat.mode}, and must be 600`;
  if (user === undefined && /[2367]$|[2367].$/.test(stat.mode))
    return `its mode is ${stat.mode}: others than root may write to it`;
  if (stat.links !== 1) return "it has more than one hard link";
  return undefined;
}
