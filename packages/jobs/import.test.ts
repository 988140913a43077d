import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { importJobs, jobKeys, readJobs, writeJobs, type CrontabFile, type Source } from ".";
import { cronFirings, prefectFirings } from "./cron/firings";
import { readTimes, type Times } from "./cron/fields";
import { fit } from "./prefect";
import { calendarCron, seconds } from "./timers";

const now = Date.parse("2026-11-28T12:00Z") / 60_000;
const text = (name: string) => readFileSync(join(__dirname, "testing", name), "utf8");
const none = {
  ...{ node: "storage", zone: "Europe/Berlin", cron: "debian", systemd: true, anacron: false },
  ...{ files: [], scripts: [], timers: [] },
} as const satisfies Source;
const of = (source: Partial<Source>) => importJobs({ ...none, ...source }, [], now);
const user = (lines: string, more: Partial<CrontabFile> = {}): CrontabFile => ({
  ...{ path: "/var/spool/cron/crontabs/ada", user: "ada", text: lines },
  ...more,
});
const system = (lines: string, more: Partial<CrontabFile> = {}): CrontabFile => ({
  ...{ path: "/etc/cron.d/house", text: lines },
  ...more,
});
const said = (source: Partial<Source>) => of(source).findings.map(({ place, says }) => `${place}: ${says}`);

it("what is said of the crontabs with every trap, and the jobs that come of them, are these", async () => {
  const source = {
    files: [
      user(text("crontabs/ada.user"), { path: "ada.user" }),
      system(text("crontabs/house.system"), { path: "house.system" }),
      ...text("refused.txt")
        .split("\n")
        .filter((line) => line !== "")
        .map((line, i) => user(`${line}\n`, { path: `refused-${i + 1}` })),
    ],
  };
  const found = of(source);
  const sentences = found.findings.map(
    ({ place, says, left }) => `${place}: ${left ? "left: " : ""}${says}\n`,
  );
  await expect(sentences.join("")).toMatchFileSnapshot("testing/said.txt");
  const { text: written, added } = writeJobs("", found, "jobs.yaml");
  expect(Object.keys(readJobs(written, "jobs.yaml"))).toEqual(added.map(({ name }) => name));
  await expect(written).toMatchFileSnapshot("testing/jobs.snapshot");
});

it("a schedule for Prefect begins a job when cron does, or a line says where it does not", () => {
  // Around each change of a clock within a year, and in a week without one.
  const around = ["2026-11-29", "2027-03-13", "2027-03-27", "2027-10-30", "2027-11-06"];
  const differing = new Set<string>();
  for (const line of text("crontabs/ada.user").split("\n")) {
    const read = readTimes(line);
    if ("bad" in read || read.times === "reboot") continue;
    const { times } = read;
    if (cronFirings(times, "UTC", now, now + 1500 * 1440).next().done === true) continue;
    for (const zone of ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]) {
      const { schedule, differs } = fit(times, read.written, zone, now);
      const plain = readTimes(`${schedule.cron} x`) as { times: Times };
      // Prefect is told how the day fields go together; it does not look at the star.
      const theirs = { ...plain.times, bothDays: !schedule.dayOr };
      const unlike = around.filter((day) => {
        const from = Date.parse(day) / 60_000;
        const cron = [...new Set(cronFirings(times, zone, from, from + 4 * 1440))];
        return cron.join() !== [...prefectFirings(theirs, schedule.timezone, from, from + 4 * 1440)].join();
      });
      if (differs === undefined) expect([line, zone, unlike]).toEqual([line, zone, []]);
      else differing.add(`${zone} ${read.written.join(" ")}`);
    }
  }
  expect([...differing].sort()).toEqual(
    ["America/New_York", "Europe/Berlin"].flatMap((zone) =>
      ["*/15 2 * * *", "17 */2 * * *", "30 2 * * *", "45 2 * * *"].map((line) => `${zone} ${line}`),
    ),
  );
});

it("of a file that cron ignores every job is there, and none is enabled", () => {
  const why = (file: CrontabFile, users = new Set(["ada", "root"])) => {
    const { jobs, findings } = of({ files: [file], users });
    expect(jobs.map(({ job }) => job.enabled)).toEqual([false]);
    return findings.find(({ place }) => place === file.path)?.says.replace(/:.*/, "");
  };
  const line = "1 2 * * * /opt/x";
  const stat = { owner: "root", mode: "600", links: 1, regular: true };
  expect([
    why(user(`${line}\n0/5 * * * * /opt/y\n`)),
    why(user(`MAILTO=\n${line}\n`)),
    why(user(line)),
    why(user(`${line}\n`, { user: "bob" })),
    why(user(`${line}\n`, { stat: { ...stat, mode: "644" } })),
    why(user(`${line}\n`, { stat: { ...stat, links: 2 } })),
    why(system("1 2 * * * root /opt/x\n", { path: "/etc/cron.d/house.cron" })),
    why(system("1 2 * * * root /opt/x\n", { stat: { ...stat, owner: "ada" } })),
    why(system("1 2 * * * root /opt/x\n", { stat: { ...stat, mode: "664" } })),
    why(system("1 2 * * * root /opt/x\n1 2 * * * /opt/y\n")),
  ]).toEqual(
    [
      "it refuses line 2",
      "it refuses line 1",
      "its last line 1 does not end with a line end",
      "bob has no account",
      "its mode is 644, and must be 600",
      "it has more than one hard link",
      "its name house.cron has a character that is no letter, digit, _ or -",
      "it belongs to ada, and must belong to root",
      "its mode is 664",
      "it refuses line 2",
    ].map((because) => `cron ignores the whole file, because ${because}`),
  );
});

it("cronie's time zone counts where cronie runs, and is a variable where Debian's cron does", () => {
  const files = [user("CRON_TZ=Asia/Tokyo\n0 9 * * * /opt/x\n")];
  const [debian, cronie] = (["debian", "cronie"] as const).map((cron) => of({ files, cron }).jobs[0]?.job);
  expect(debian).toMatchObject({
    schedule: { timezone: "Europe/Berlin" },
    environment: { CRON_TZ: "Asia/Tokyo" },
  });
  expect(cronie).toMatchObject({ schedule: { timezone: "Asia/Tokyo" } });
  expect(cronie).not.toHaveProperty("environment");
});

it("what begins nothing as it stands is taken over with enabled: false", () => {
  const { jobs } = of({
    cron: "none",
    files: [user("1 2 * * * /opt/x\n")],
    timers: [{ name: "asleep.timer", text: "[Timer]\nOnCalendar=daily\n", active: false }],
  });
  expect(jobs.map(({ name, job }) => [name, job.enabled])).toEqual([
    ["x", false],
    ["asleep", false],
  ]);
});

it("what packages brought is left to them, each with a line", () => {
  expect(
    said({
      files: [system("1 2 * * * root /opt/x\n", { package: "exim4" })],
      timers: [{ name: "apt-daily.timer", text: "[Timer]\nOnCalendar=daily\n", package: "apt" }],
    }),
  ).toEqual([
    "/etc/cron.d/house:1: it is of the package exim4, which looks after it.",
    "apt-daily.timer: it is of the package apt, which looks after it.",
  ]);
});

it("what run-parts is shown becomes jobs, but for what it passes over", () => {
  const source = {
    files: [system("25 6 * * * root cd / && run-parts --report /etc/cron.daily\n")],
    scripts: [
      { path: "/etc/cron.daily/tidy", executable: true },
      { path: "/etc/cron.daily/backup.sh", executable: true },
      { path: "/etc/cron.daily/asleep", executable: false },
      { path: "/etc/cron.daily/dpkg", executable: true, package: "dpkg" },
      { path: "/etc/cron.weekly/other", executable: true },
    ],
  };
  expect(of(source).jobs).toMatchObject([
    {
      name: "tidy",
      job: { command: "/etc/cron.daily/tidy", schedule: { cron: "25 6 * * *" }, user: "root" },
    },
  ]);
  expect(said(source).map((one) => one.replace(/ because.*/, ""))).toEqual([
    "/etc/cron.d/house:1: it runs the scripts in /etc/cron.daily, which are taken over one by one (4 there).",
    "/etc/cron.daily/backup.sh: run-parts passes it over",
    "/etc/cron.daily/asleep: run-parts passes it over: it is not executable.",
    "/etc/cron.daily/dpkg: it is of the package dpkg, which looks after it.",
  ]);
});

it("a timer starts its unit, which keeps its user, its limits and its sandbox", () => {
  const timer = `[Unit]\nDescription=x\n[Timer]\nOnCalendar=hourly\nOnCalendar=\nOnCalendar=Mon..Fri 23:00\nOnUnitActiveSec=1h 30min\nOnCalendar=*-*-01..07 04:30:15\nPersistent=true\nRandomizedDelaySec=5min\n`;
  const { jobs, findings } = of({ timers: [{ name: "report.timer", text: timer }] });
  expect(jobs.map(({ job }) => [job.from, job.command, job.schedule])).toEqual([
    [
      "report.timer#1",
      "systemctl start --wait report.service",
      { cron: "0 23 * * 1,2,3,4,5", timezone: "Europe/Berlin", dayOr: true },
    ],
    ["report.timer#2", "systemctl start --wait report.service", { every: 5400 }],
  ]);
  expect(findings.filter(({ left }) => left).map(({ says }) => says)).toEqual([
    "OnCalendar=*-*-01..07 04:30:15: it names seconds, which cron cannot.",
  ]);
});

it.each([
  ["daily", "0 0 * * *", true],
  ["Sat,Sun *-*-1..7 18:00", "0 18 1-7 * 0,6", false],
  ["*:0/15", "0-59/15 * * * *", true],
  ["*-01,07-01 00:00:00 UTC", "0 0 1 1,7 *", true],
  ["Fri..Sun", "0 0 * * 0,5,6", true],
  ["Mon-Fri 9:00", "0 9 * * 1,2,3,4,5", true],
])("the calendar time %s is %s", (calendar, cron, dayOr) => {
  expect(calendarCron(calendar, "Europe/Berlin")).toMatchObject({ cron, dayOr });
});

it("calendar times that cron has not are refused with a reason", () => {
  const texts = [
    "2027-*-* 10:00",
    "*-*~1 10:00",
    "*:*:0/10",
    "some day",
    "25:00",
    "Fri..Mon",
    "Sun..Sat 4:00",
    "@1700000000",
  ];
  expect(texts.map((one) => typeof calendarCron(one, "UTC"))).toEqual(texts.map(() => "string"));
});

it("a timer whose time systemd refuses is left, with why, and its other times are taken over", () => {
  const timer = "[Timer]\nOnCalendar=03/2,16/21:08\nOnCalendar=*/2:00\nOnCalendar=Mon, *-*-1..24/30 4:00\n";
  const { jobs, findings } = of({ timers: [{ name: "report.timer", text: timer }] });
  expect(jobs.map(({ job }) => job.schedule)).toEqual([
    { cron: "0 4 1 * 1", timezone: "Europe/Berlin", dayOr: false },
  ]);
  expect(findings.filter(({ left }) => left).map(({ says }) => says)).toEqual([
    "OnCalendar=03/2,16/21:08: it is not understood: 16/21 has a step that leads beyond the hours, which systemd refuses; without it, it is 16.",
    "OnCalendar=*/2:00: it is not understood: */2 is no step of hours: systemd wants a number before the /, such as 0/2.",
  ]);
});

// As `systemd-analyze timespan` of systemd 252 reads them.
it.each([
  ["5min", 300],
  ["1h 30m", 5400],
  ["90", 90],
  ["90 ", 90],
  ["2 weeks", 1_209_600],
  ["1month", 2_629_800],
  ["2M", 5_259_600],
  ["1 y", 31_557_600],
  ["+3d", 259_200],
  ["1 min.5h", 1860],
  ["2m1", 121],
  ["250µs", 0.00025],
  ["soon", undefined],
  ["1 parsec", undefined],
  ["1 Min", undefined],
  ["1.5.5s", undefined],
  ["+.5s", undefined],
  ["5.s", undefined],
  ["-3d", undefined],
  ["1,5h", undefined],
  ["99999999999d", undefined],
])("the time %j is so many seconds: %s", (text, expected) => {
  expect(seconds(text)).toBe(expected);
});

it("a timer whose time falls into the hour that is missing is begun by Prefect and not by systemd, and a line says so", () => {
  const clock = (calendar: string) =>
    said({ timers: [{ name: "a.timer", text: `[Timer]\nOnCalendar=${calendar}\n` }] }).filter((one) =>
      one.includes("clock"),
    );
  expect(clock("02:30")).toEqual([
    "a.timer: where the clock is changed Prefect differs: it begins it at 2027-03-28 03:30, when systemd begins nothing (Europe/Berlin).",
  ]);
  expect(["*:0/15", "hourly", "01:30", "02:30 UTC"].flatMap(clock)).toEqual([]);
});

it("what people wrote into jobs.yaml stays when it is imported again", () => {
  const first = of({ files: [user("1 2 * * * /opt/one\n")] });
  const reviewed = writeJobs("", first, "jobs.yaml").text.replace(
    "command: /opt/one",
    "command: /opt/one\n    retries: 3 # tried",
  );
  const again = of({ files: [user("1 2 * * * /opt/one\n3 4 * * * /opt/two\n")] });
  const { text: written, added } = writeJobs(reviewed, again, "jobs.yaml");
  expect(added.map(({ name }) => name)).toEqual(["two"]);
  expect(written).toContain("retries: 3 # tried");
  expect(writeJobs(written, again, "jobs.yaml")).toEqual({ text: written, added: [] });
});

it("mistakes in jobs.yaml are all said, with what may stand there", () => {
  const job = "node: storage, user: ada, command: /opt/x";
  const wrong = (body: string) => {
    try {
      readJobs(`jobs: {${body}}`, "jobs.yaml");
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(wrong(`a: {${job}, after: [b]}, b: {${job}, after: [a]}`)).toContain("a → b → a");
  expect(wrong(`a: {${job}, after: [none]}`)).toContain("jobs.a.after names none, which is no job here.");
  expect(wrong(`a: {${job}, retry: 3}`)).toContain("retry is not a known key");
  expect(wrong(`a: {${job}, schedule: {cron: 0/5 * * * *, timezone: UTC}}`)).toContain("jobs.a.schedule");
});

it("no line is lost, whatever stands in a crontab: it is a job, or a line says why not", () => {
  const word = fc.constantFrom(
    "*",
    "*/5",
    "1",
    "mon",
    "@daily",
    "@reboot",
    "a=b",
    "root",
    "/opt/x",
    "%",
    "'",
    "#",
    "&",
    "run-parts /etc/cron.daily",
  );
  const lines = fc.array(
    fc.array(word, { minLength: 1, maxLength: 9 }).map((words) => words.join(" ")),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(lines, fc.boolean(), (all, ofSystem) => {
      const content = `${all.join("\n")}\n`;
      const { jobs, findings } = of({ files: [ofSystem ? system(content) : user(content)] });
      const places = new Set([...jobs.map(({ job }) => job.from), ...findings.map(({ place }) => place)]);
      for (const [i, line] of all.entries()) {
        const silent = line.startsWith("#") || /^(a=b|[^ =]*=)/.test(line);
        if (!silent) expect([...places].some((place) => place.endsWith(`:${i + 1}`))).toBe(true);
      }
      writeJobs("", { jobs }, "jobs.yaml");
    }),
    { numRuns: 60 },
  );
});

it("docs/jobs.md tells every key of a job", () => {
  const docs = readFileSync(join(__dirname, "..", "..", "docs", "jobs.md"), "utf8");
  const rows = docs.split("\n").flatMap((line) => {
    const [, key, meaning] = /^\| `(\w+)` +\| (.*?) +\|$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, meaning]];
  });
  expect(rows).toEqual(jobKeys);
});
