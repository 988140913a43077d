import { isCut, splitCommand } from "./cron/command";
import { readCrontab, type Entry, type Wrong } from "./cron/crontab";
import { everComes } from "./cron/firings";
import { readTimes, type Times } from "./cron/fields";
import { Import, type Imported, type ImportedJob } from "./imported";
import { nameOf, slug } from "./name";
import { fit, timerDifference, type Fitted } from "./prefect";
import { commandRemarks, idleWithSystemd, settingRemarks, timeRemarks } from "./remarks";
import type { Schedule } from "./schema";
import { passedOver, type CrontabFile, type Source, type Timer } from "./source";
import { readTimer } from "./timers";
import { isZone } from "./cron/zone";

/**
 * What a node begins by the clock, as jobs. Nothing is put right, and nothing is passed over without a word.
 *
 * @param taken names that jobs have already
 * @param now epoch minutes: firing times are compared from then on
 */
export function importJobs(source: Source, taken: Iterable<string>, now: number): Imported {
  const all = new Import(source, now, taken);
  for (const file of source.files) importFile(all, file);
  for (const timer of source.timers) importTimer(all, timer);
  return { jobs: all.jobs, findings: all.findings };
}

const refusals: Readonly<Record<Wrong["bad"], string>> = {
  variable:
    'a variable that has no value or a quote left open (`NAME=""` sets one to nothing, `NAME=` does not)',
  minute: "bad minute",
  hour: "bad hour",
  "day-of-month": "bad day-of-month",
  month: "bad month",
  "day-of-week": "bad day-of-week",
  "time specifier": "bad time specifier",
  command: "bad command",
  username: "bad username",
};

/** What a person may have meant. */
function hint({ bad, text }: Wrong): string {
  const fields = text.split(/\s+/, 6);
  if (bad === "username")
    return `: the word in the user's place, ${fields[text.startsWith("@") ? 1 : 5] ?? ""}, is no user`;
  if (bad === "time specifier")
    return `: ${fields[0] ?? ""} is none of @reboot, @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly`;
  if (bad === "command") return ": a sixth field of times is of another cron, or the command is too long";
  const at = ["minute", "hour", "day-of-month", "month", "day-of-week"].indexOf(bad);
  const field = fields[at] ?? "";
  if (bad === "variable" || at === -1) return "";
  if (/^\d+\/\d+$/.test(field))
    return `: ${field} is a step without a range, which other crons read as ${field.replace("/", "-…/")}`;
  if (/^[A-Za-z/.~]/.test(field) && at > 0)
    return `: ${field} stands there: it is of other crons, or a field is missing`;
  return `: ${field}`;
}

function importFile(all: Import, file: CrontabFile): void {
  const { source } = all;
  const system = file.user === undefined;
  const read = readCrontab(file.text, { system, ...(source.users ? { users: source.users } : {}) });
  for (const wrong of read.wrong)
    all.leave(`${file.path}:${wrong.line}`, `cron refuses it, ${refusals[wrong.bad]}${hint(wrong)}`);
  const why = whyIgnored(all, file, read);
  if (why !== undefined && read.entries.length > 0 && file.package === undefined)
    all.note(
      file.path,
      `cron ignores the whole file, because ${why}: as it stands, none of its jobs ever ran (${read.entries.length}), so they are taken over with enabled: false`,
    );
  for (const entry of read.entries) importEntry(all, file, entry, why === undefined);
}

function whyIgnored(
  all: Import,
  file: CrontabFile,
  read: ReturnType<typeof readCrontab>,
): string | undefined {
  const over = passedOver(file, all.source);
  if (over !== undefined || all.source.cron === "cronie") return over;
  const [first] = read.wrong;
  if (first !== undefined) return `it refuses line ${first.line}`;
  return read.unended === undefined
    ? undefined
    : `its last line ${read.unended} does not end with a line end`;
}

/** Of cron, not of the command. */
const ofCron = [
  "SHELL",
  "HOME",
  "MAILTO",
  "MAILFROM",
  "LOGNAME",
  "CONTENT_TYPE",
  "CONTENT_TRANSFER_ENCODING",
];
const ofCronie = [...ofCron, "CRON_TZ", "RANDOM_DELAY", "START_HOURS_RANGE"];

/** Why there is no job for a line, as a sentence without its end; or when the job begins. */
function judge(all: Import, file: CrontabFile, entry: Entry, command: string, zone: string): string | Fitted {
  const { source } = all;
  if (file.package !== undefined) return `it is of the package ${file.package}, which looks after it`;
  if (source.systemd && idleWithSystemd(command) && runPartsOf(command) === undefined)
    return "it does nothing where systemd or anacron runs";
  if (command.trim() === "") return "it has no command";
  if (entry.times === "reboot")
    return "@reboot runs when the node has started, which no schedule can say: it is for a unit of systemd";
  if (!isZone(zone)) return `its time zone ${zone} is not known`;
  return (
    scheduleOf(all, entry.times, entry.written, zone) ??
    `${entry.written.join(" ")} never comes: cron takes it, and begins nothing`
  );
}

function importEntry(all: Import, file: CrontabFile, entry: Entry, runs: boolean): void {
  const { source } = all;
  const place = `${file.path}:${entry.line}`;
  const cronie = source.cron === "cronie";
  const { environment } = entry;
  const shell = environment.SHELL ?? "/bin/sh";
  const split = splitCommand(entry.command);
  const zone = (cronie ? environment.CRON_TZ : undefined) ?? source.zone;
  const fitted = judge(all, file, entry, split.command, zone);
  if (typeof fitted === "string" || entry.times === "reboot") {
    if (typeof fitted === "string") all.leave(place, fitted);
    return;
  }
  const remarks = [
    ...timeRemarks(entry.times, entry.written),
    ...differences(fitted, zone),
    ...settingRemarks(entry, cronie),
    ...(environment.MAILTO === "" ? ["MAILTO is empty: nobody was told what it said"] : []),
    ...(file.user !== undefined && firstWordIsUser(split.command, file.user, source)
      ? ["the command's first word is a user: in a user's crontab it is run as a command"]
      : []),
    ...commandRemarks(split, entry.command, shell),
  ];
  const job = {
    from: place,
    ...(runs && !isCut(split.command) ? {} : { enabled: false }),
    node: source.node,
    user: entry.user ?? file.user ?? "root",
    schedule: fitted.schedule,
    command: split.command,
    ...(shell === "/bin/sh" ? {} : { shell }),
    ...(environment.HOME === undefined ? {} : { directory: environment.HOME }),
    ...variables(environment, cronie),
    ...(split.input === undefined || split.input === "" ? {} : { input: split.input }),
    ...told(environment.MAILTO),
  } satisfies ImportedJob["job"];
  const folder = runPartsOf(split.command);
  if (folder !== undefined) importFolder(all, place, folder, job, differences(fitted, zone));
  else all.add(nameOf(split.command, all.taken), job, remarks, { path: file.path, number: entry.line });
}

function variables(environment: Readonly<Record<string, string>>, cronie: boolean) {
  const own = Object.entries(environment).filter(([name]) => !(cronie ? ofCronie : ofCron).includes(name));
  const home = environment.HOME === undefined ? {} : { HOME: environment.HOME };
  const all = { ...Object.fromEntries(own), ...home };
  return Object.keys(all).length === 0 ? {} : { environment: all };
}

function told(mailto: string | undefined) {
  const notify = [...new Set((mailto ?? "").split(/[\s,]+/).filter((one) => one !== ""))];
  return notify.length === 0 ? {} : { notify };
}

function firstWordIsUser(command: string, owner: string, { users }: Source): boolean {
  const [, word = "", next = ""] = /^(\S+)\s+(\S)/.exec(command) ?? [];
  return (
    next !== "" && (word === "root" || word === owner || (users?.has(word) ?? false)) && !word.includes("/")
  );
}

/** Undefined for what never comes. */
function scheduleOf(all: Import, times: Times, written: readonly string[], zone: string): Fitted | undefined {
  return everComes(times, all.now) ? fit(times, written, zone, all.now) : undefined;
}

function differences({ differs, schedule: { timezone } }: Fitted, zone: string, whose = "cron"): string[] {
  if (differs === undefined) return [];
  const at = (minute: number) =>
    new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "short",
      timeZoneName: undefined,
    }).format(minute * 60_000);
  const { cron, prefect } = differs;
  const when =
    cron === undefined
      ? `at ${at(prefect ?? 0)}, when ${whose} begins nothing`
      : prefect === undefined
        ? `not at ${at(cron)}, when ${whose} does`
        : `at ${at(prefect)}, ${whose} at ${at(cron)}`;
  return [`where the clock is changed Prefect differs: it begins it ${when} (${timezone})`];
}

const runParts = /\brun-parts\s+(?:-\S+\s+)*(\/[^\s;&|)]+)/;
const runPartsOf = (command: string): string | undefined => runParts.exec(command)?.[1]?.replace(/\/$/, "");

/** run-parts begins what is in a folder, one after the other. */
function importFolder(
  all: Import,
  place: string,
  folder: string,
  job: ImportedJob["job"],
  remarks: readonly string[],
): void {
  const { source } = all;
  const within = source.scripts.filter(({ path }) => path.slice(0, path.lastIndexOf("/")) === folder);
  all.leave(
    place,
    `it runs the scripts in ${folder}, which are taken over one by one (${within.length} there)${source.anacron && !folder.endsWith("hourly") ? "; anacron runs them on this node, at times of its own" : ""}`,
  );
  for (const { path, executable, package: owner } of within) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (owner !== undefined) all.leave(path, `it is of the package ${owner}, which looks after it`);
    else if (!/^[A-Za-z0-9_-]+$/.test(name))
      all.leave(
        path,
        "run-parts passes it over because of its name: only letters, digits, _ and - may stand in it, so no .sh",
      );
    else if (!executable) all.leave(path, "run-parts passes it over: it is not executable");
    else all.add(slug(name) || "job", { ...job, from: path, command: path }, remarks);
  }
}

function importTimer(all: Import, timer: Timer): void {
  const read = readTimer(timer, all.source.zone);
  const why = timerIsLeft(timer, read.unit);
  if (why !== undefined) {
    all.leave(timer.name, why);
    return;
  }
  for (const says of read.left) all.leave(timer.name, says);
  for (const [i, schedule] of read.schedules.entries())
    all.add(
      slug(timer.name.replace(/\.timer$/, "")) || "timer",
      {
        from: read.schedules.length === 1 ? timer.name : `${timer.name}#${i + 1}`,
        ...(timer.active === false ? { enabled: false } : {}),
        node: all.source.node,
        user: "root",
        schedule,
        // The unit keeps its user, its limits and its sandbox.
        command: `systemctl start --wait ${read.unit}`,
      },
      [
        ...read.remarks,
        ...timerDifferences(schedule, all.now),
        ...(timer.active === false
          ? ["the timer is not active, so it is taken over with enabled: false"]
          : [`switch it off with \`systemctl disable --now ${timer.name}\` when this one runs`]),
      ],
    );
}

/** Where the clock is changed. */
function timerDifferences(schedule: Schedule, now: number): string[] {
  if ("every" in schedule) return [];
  const read = readTimes(`${schedule.cron} x`);
  if ("bad" in read || read.times === "reboot") return [];
  // systemd wants all of a calendar time's parts to fit.
  const differs = timerDifference({ ...read.times, bothDays: true }, schedule.timezone, now);
  return differs === undefined ? [] : differences({ schedule, differs }, schedule.timezone, "systemd");
}

function timerIsLeft({ name, package: owner }: Timer, unit: string): string | undefined {
  if (name.startsWith("homelab-")) return "it is this house's own";
  if (owner !== undefined) return `it is of the package ${owner}, which looks after it`;
  return unit.includes("%") || name.includes("@")
    ? "it is made of a template, which only systemd reads"
    : undefined;
}
