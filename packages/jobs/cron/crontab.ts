import { readTimes, type Refused, type Times } from "./fields";

/** A line that cron runs something for. */
export interface Entry {
  readonly line: number;
  readonly times: Times | "reboot";
  /** The fields, or the word in their place, as they were written. */
  readonly written: readonly string[];
  /** Of a system crontab. */
  readonly user?: string;
  /** As it stands in the line: see {@link splitCommand}. */
  readonly command: string;
  /** What was set above the line. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Of a line that cron does not read. */
export interface Wrong {
  readonly line: number;
  readonly bad: Refused["bad"] | "variable";
  readonly text: string;
}

export interface Crontab {
  readonly entries: readonly Entry[];
  readonly wrong: readonly Wrong[];
  /** Number of a last line that does not end: cron ignores the whole file. */
  readonly unended?: number;
}

export interface ReadAs {
  /** Whether each line names a user. */
  readonly system: boolean;
  /** Who has an account on the node. @default not known */
  readonly users?: ReadonlySet<string>;
}

const blank = "[ \\t\\n\\v\\f\\r]";
const setting = new RegExp(
  `^(?:"([^"=]*)"|'([^'=]*)'|(?!["'])([^= \\t\\n\\v\\f\\r]*))${blank}*=${blank}*(?:"([^"]*)"${blank}*|'([^']*)'${blank}*|([^"' \\t\\n\\v\\f\\r].*))$`,
  // A carriage return may stand in a value, and what comes before it.
  "s",
);

/** A line that sets a variable, as env.c reads it: there is no value of no characters without quotes, and nothing is expanded. */
export function readSetting(line: string): readonly [name: string, value: string] | undefined {
  const found = setting.exec(line);
  if (found === null) return undefined;
  const [, double, single, plain, ...values] = found as readonly (string | undefined)[];
  const value = (values.find((one) => one !== undefined) ?? "").replace(new RegExp(`${blank}+$`), "");
  // What stands in quotes within quotes loses both.
  const inner = /^(["'])(.*)\1$/s.exec(value)?.[2];
  return [double ?? single ?? plain ?? "", inner ?? value];
}

/** Words that begin a command: where a user should be named, they show that none is. */
const commands = new Set(
  "sudo cd test sh bash dash zsh python python3 perl php ruby node npm curl wget find rm cp mv echo cat date env nice ionice flock timeout rsync tar git make docker podman systemctl service run-parts certbot sleep touch mkdir chown chmod export exec true if for".split(
    " ",
  ),
);
const userName = /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/;

function isUser(word: string, users: ReadonlySet<string> | undefined): boolean {
  return users === undefined ? userName.test(word) && !commands.has(word) : users.has(word);
}

/** cron takes no command of so many characters, nor more. */
const longest = 999;

/** Reads a crontab as Debian's cron does, but goes on after a line that it refuses. */
export function readCrontab(text: string, { system, users }: ReadAs): Crontab {
  const lines = text.split("\n");
  const last = lines.pop() ?? "";
  const entries: Entry[] = [];
  const wrong: Wrong[] = [];
  let environment: Readonly<Record<string, string>> = {};
  for (const [i, whole] of [...lines, last].entries()) {
    const content = whole.replace(/^[ \t]+/, "");
    if (content === "" || content.startsWith("#")) continue;
    const set = readSetting(content);
    if (set !== undefined) {
      environment = { ...environment, [set[0]]: set[1] };
      continue;
    }
    const line = i + 1;
    const refuse = (bad: Wrong["bad"]) => {
      wrong.push({ line, bad, text: content });
    };
    const read = readTimes(content);
    if ("bad" in read) {
      refuse(read.bad === "minute" && /^[A-Za-z_]\w*[ \t]*=/.test(content) ? "variable" : read.bad);
      continue;
    }
    const { times, written, rest } = read;
    const [user = "", command = ""] = system
      ? (/^([^ \t]*)[ \t](.*)$/s.exec(rest)?.slice(1) ?? [""])
      : ["", rest];
    if (system && !isUser(user, users)) refuse("username");
    else if ((!system && rest.startsWith("*")) || command.length >= longest) refuse("command");
    else
      entries.push({
        ...{ line, times, written, command: command.trimStart(), environment },
        ...(system ? { user } : {}),
      });
  }
  const unended = last.trimStart() !== "" && !last.trimStart().startsWith("#");
  return { entries, wrong, ...(unended ? { unended: lines.length + 1 } : {}) };
}
