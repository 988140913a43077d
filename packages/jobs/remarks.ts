import type { Entry } from "./cron/crontab";
import { isCut, type Split } from "./cron/command";
import type { Times } from "./cron/fields";

/**
 * What was never right about a job, or is not what it seems: a sentence each, without the end. Nothing of it is put right.
 */
export function commandRemarks({ command, input }: Split, whole: string, shell: string): string[] {
  const said: string[] = [];
  if (input !== undefined)
    said.push(
      isCut(command)
        ? `a % that is not escaped cuts the command at \`${tail(command)}\`: no shell can run that, so this job has never done its work; write \\% in a crontab, % in jobs.yaml`
        : `a % that is not escaped ends the command: what follows it is its standard input, ${JSON.stringify(input)}`,
    );
  else if (isCut(command)) said.push("a quote or bracket is left open: the shell refuses the command");
  if (whole.includes("\\\\"))
    said.push("cron made one \\ of two in the command: it is written as the shell got it");
  if (command.endsWith("\r"))
    said.push("the line ends with a carriage return, which belongs to the command's last word");
  const bare = unquoted(command).trimEnd();
  if (/(^|[^&])&$/.test(bare))
    said.push("`&` puts it into the background: neither its end nor its failure can be seen");
  else if (/(^|[^&])&(?![&>\d])(?<!>&)(?<!<&)/.test(bare))
    said.push("`&` puts a part of it into the background: its end and its failure cannot be seen");
  if (/\|\|\s*(true|:)\s*\)?\s*$|;\s*(true|:|exit 0)\s*$/.test(bare))
    said.push("its last word hides a failure (`|| true` or the like): it succeeds always");
  else if (/\|\|\s*(true|:)(\s|;|$)/.test(bare)) said.push("`|| true` hides the failure of a part of it");
  const goes = /(?:(?:^|\s)1?>>?|&>>?|>&)\s*([^\s&;|]+)/.exec(bare)?.[1];
  if (goes === "/dev/null")
    said.push("its output is thrown away: of a failure only the exit status will be known");
  else if (goes !== undefined && !/^\d$/.test(goes))
    said.push(`its output goes to ${goes}: the log of its runs will be empty`);
  else if (/2>\s*\/dev\/null/.test(bare)) said.push("what it says of errors is thrown away");
  if (/(^|[^|>])\|(?![|])/.test(bare) && !bare.includes("pipefail"))
    said.push("of a pipe only the last command's exit status counts");
  if (command.includes("RANDOM") && /(^|\/)(da)?sh$/.test(shell))
    said.push("$RANDOM is of bash: it is empty in this shell");
  if (/(^|[;&|]\s*)sleep\s/.test(bare)) said.push("it sleeps first: its schedule could say so instead");
  return said;
}

const tail = (command: string) => (command.length > 24 ? `…${command.slice(-24)}` : command);

/** A command without what stands in quotes, and without a comment of the shell's. */
const unquoted = (command: string): string =>
  command
    .replace(/\\./g, "__")
    .replace(/'[^']*'|"[^"]*"/g, "''")
    .replace(/(^|\s)#.*$/, "");

const parts = ["minutes", "hours", "days", "months"] as const;
const bounds = { minutes: [0, 59], hours: [0, 23], days: [1, 31], months: [1, 12] } as const;

/** What is odd about the times of a line. */
export function timeRemarks(times: Times, written: readonly string[]): string[] {
  const said: string[] = [];
  if (written.length !== 5) return said;
  for (const [i, part] of parts.entries()) {
    const text = written[i] ?? "";
    const step = Number(/^\*\/(\d+)$/.exec(text)?.[1] ?? 1);
    const [low, high] = bounds[part];
    const size = high - low + 1;
    if (step >= size) said.push(`${text} in ${part} is ${low} only: a step does not go beyond the field`);
    else if (part !== "days" && size % step !== 0)
      said.push(`${text} is not every ${step} ${part}: it begins again with ${low}`);
  }
  for (const text of written) {
    const read = /^(\*|\w+(-\w+)?)(\/\w+)?(,(\*|\w+(-\w+)?)(\/\w+)?)*/.exec(text)?.[0] ?? "";
    if (read.length < text.length || /^\*\w/.test(text))
      said.push(`of ${text} cron reads ${/^\*\w/.test(text) ? "*" : read} and passes over the rest`);
  }
  const dayFields = [written[2], written[4]].filter((text) => text !== "*");
  if (dayFields.length === 2)
    said.push(
      times.bothDays
        ? "both day fields must fit, because one of them begins with *"
        : "a day that fits either of the two day fields is enough",
    );
  if (written[0] === "*" && times.hours.size < 24)
    said.push("its minutes are *: it begins in every minute of those hours");
  return said;
}

/** What is odd about the variables above a line. */
export function settingRemarks({ environment }: Entry, heedsZone: boolean): string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    if (name === "CRON_TZ" && !heedsZone)
      return [`CRON_TZ=${value} is only a variable here: Debian's cron does not heed it, cronie does`];
    if (name === "LOGNAME") return ["LOGNAME cannot be set: cron puts the user's name there"];
    if (/\$[A-Za-z_{]|(^|:)~(\/|$|:)/.test(value) && name !== "MAILTO")
      return [`${name}=${value} is taken as it stands: cron puts in neither variables nor ~`];
    if (/\s#/.test(value))
      return [`${name}'s value goes to the end of the line, with what looks like a comment`];
    return [];
  });
}

/** Whether a job of a package does nothing on a node where systemd runs. */
export const idleWithSystemd = (command: string): boolean =>
  /-[de] \/run\/systemd\/system(?! *\] *&&)|-x \/usr\/sbin\/anacron *(\]|\|\|)/.test(command);
