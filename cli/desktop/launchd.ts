import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { cronOf } from "../../packages/quadlet";
import type { Schedule } from "../../services";

/** Jobs of launchd's for ~/Library/LaunchAgents. @see launchd.plist(5) */

const units = ["Minute", "Hour", "Day", "Month", "Weekday"] as const;
/** A moment that comes again whenever all that it names is so. */
export type Moment = Partial<Record<(typeof units)[number], number>>;

/** More of them in one job than a person could look through. */
const mostMoments = 200;

/** The numbers of one of cron's fields; none for each. */
function numbersOf(field: string): number[] {
  if (field === "*") return [];
  return field.split(",").flatMap((part) => {
    const [, from = "", to, step = "1"] = /^(\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part) ?? [];
    const numbers: number[] = [];
    for (let one = Number(from); one <= Number(to ?? from); one += Number(step)) numbers.push(one);
    return numbers;
  });
}

/** When launchd begins what a schedule names. @returns a sentence's end that says why it cannot */
export function momentsOf({ at }: Schedule): readonly Moment[] | string {
  const moments: Moment[] = [];
  for (const one of at) {
    const cron = cronOf(one, "launchd");
    if (typeof cron === "string") return cron;
    if (cron.timezone !== undefined) return "it names a time zone, and launchd has the Mac's own only";
    if (cron.bothDays) return "it names days of the week and of the month, and launchd takes either";
    let all: Moment[] = [{}];
    cron.fields.split(" ").forEach((field, i) => {
      const [unit, numbers] = [units[i] ?? "Minute", numbersOf(field)];
      if (numbers.length > 0)
        all = all.flatMap((moment) => numbers.map((number) => ({ ...moment, [unit]: number })));
    });
    moments.push(...all);
  }
  return moments.length > mostMoments
    ? `it comes to ${moments.length} different times, and a job of launchd's that anybody can read has ${mostMoments}`
    : moments;
}

type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };
const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function element(value: Value): string {
  if (typeof value === "string") return `<string>${escaped(value)}</string>`;
  if (typeof value === "number") return `<integer>${value}</integer>`;
  if (typeof value === "boolean") return value ? "<true/>" : "<false/>";
  if (value instanceof Array) return `<array>\n${value.map(element).join("\n")}\n</array>`;
  const lines = Object.entries(value).map(([key, inner]) => `<key>${escaped(key)}</key>\n${element(inner)}`);
  return `<dict>\n${lines.join("\n")}\n</dict>`;
}

/** A job that runs start.sh of the folder. */
function job(folder: string, label: string, args: readonly string[], when: Readonly<Record<string, Value>>) {
  const log = join(folder, `${label}.log`);
  const value = {
    Label: label,
    ProgramArguments: ["/bin/sh", join(folder, "start.sh"), ...args],
    EnvironmentVariables: { PATH: "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" },
    StandardOutPath: log,
    StandardErrorPath: log,
    ...when,
  };
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by \`homelab desktop compose\`: changes made here are lost. -->
<plist version="1.0">
${element(value)}
</plist>
`;
}

/** A container that runs at its times only, and for how long at most. */
export interface Timed {
  readonly name: string;
  readonly moments: readonly Moment[];
  readonly limitSeconds: number;
}

/**
 * What starts the containers by itself, by paths beside the compose file: all of them at login, tried again every minute until it
 * went well, and each of the others at its times.
 */
export function startFiles(folder: string, timed: readonly Timed[]): Readonly<Record<string, string>> {
  const at = resolve(folder);
  const login = { RunAtLoad: true, KeepAlive: { SuccessfulExit: false }, ThrottleInterval: 60 };
  return {
    "start.sh": readFileSync(join(__dirname, "scripts/start.sh"), "utf8"),
    "launchd/homelab.compose.plist": job(at, "homelab.compose", [], login),
    ...Object.fromEntries(
      timed.map(({ name, moments, limitSeconds }) => [
        `launchd/homelab.${name}.plist`,
        job(at, `homelab.${name}`, [name, String(limitSeconds)], { StartCalendarInterval: moments }),
      ]),
    ),
  };
}
