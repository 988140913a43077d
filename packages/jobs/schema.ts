import { z } from "zod";
import { problems } from "../errors";
import { image, memory, strict } from "../../services/fields";
import { nodeNames } from "../../topology/names";
import { readTimes } from "./cron/fields";
import { isZone } from "./cron/zone";
import { mistakesOfProgram } from "./program";

const oneLine = z.string().regex(/^[^\r\n\0]+$/, "must be one line");

const jobName = z
  .string()
  .regex(
    /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    "must be a name such as nightly-dump: small letters, digits and single -",
  )
  .max(60, "must have at most 60 characters");

const fiveFields = z
  .string()
  .refine((text) => {
    const read = readTimes(`${text} x`);
    return !("bad" in read) && read.rest === "x" && read.written.length === 5;
  }, "must be five fields as a crontab has them, such as 30 2 * * *")
  .describe("the five fields, as a crontab has them");

const schedule = z.union(
  [
    strict({
      cron: fiveFields,
      timezone: z
        .string()
        .refine(isZone, "must be a time zone such as Europe/Berlin")
        .describe("the zone whose wall clock counts"),
      dayOr: z
        .boolean()
        .default(true)
        .describe(
          "whether a day that fits one of the two day fields is enough; false where cron wants both, because one of them begins with `*`. Prefect calls it day_or",
        ),
    }),
    strict({
      every: z
        .int()
        .min(60, "must be at least 60")
        .describe("seconds from one beginning to the next, from midnight UTC of 1 January 2020 on"),
    }),
  ],
  { error: "must be {cron, timezone, dayOr} or {every}" },
);

export type Schedule = z.output<typeof schedule>;

const job = strict({
  from: oneLine.optional().describe("where it was imported from: file and line, or the timer"),
  enabled: z.boolean().default(true).describe("whether its schedule starts it; false keeps it, paused"),
  node: z.enum(nodeNames).describe("the node whose command it is: it runs there"),
  user: oneLine.optional().describe("as whom it runs there; every job has one but those with `image`"),
  image: image
    .optional()
    .describe("an image with an exact tag: it runs in the cluster, as a pod on that node, without `user`"),
  schedule: schedule.optional().describe("when it begins; without one it begins after others, or by hand"),
  after: z
    .array(jobName)
    .default([])
    .describe("jobs that must have succeeded before; they have the schedule then"),
  command: z
    .union([z.string().min(1), z.array(z.string()).min(1)], {
      error: "must be a text for the shell, or with image a list of arguments; neither may be empty",
    })
    .optional()
    .describe(
      "given to the shell with -c; with `image` to the image's /bin/sh, or a list: arguments of the image's own program",
    ),
  shell: oneLine.optional().describe("the shell, an absolute path; /bin/sh when it is left out"),
  directory: oneLine.optional().describe("where it runs; the user's home when it is left out"),
  environment: z
    .record(oneLine, z.string())
    .default({})
    .describe(
      "variables; PATH is /usr/bin:/bin when none is given, as cron has it, and the image's with `image`",
    ),
  input: z.string().optional().describe("its standard input"),
  memory: memory
    .optional()
    .describe("memory that its pod is never given more of, such as 512M; with `image`"),
  retries: z
    .int()
    .min(0)
    .max(20, "must be at most 20")
    .default(0)
    .describe("how often it is tried again after a failure; cron does not, so a job must bear it"),
  backoff: z
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe("seconds before the first of these; twice as many before each further one"),
  timeout: z.int().min(1).optional().describe("seconds after which it is ended and has failed"),
  overlap: z
    .enum(["skip", "wait"])
    .default("skip")
    .describe("what becomes of a run whose predecessor still runs: left out, or begun after it"),
  success: z
    .array(z.int().min(0).max(255))
    .min(1, "must name at least one exit status")
    .default([0])
    .describe("exit statuses that are a success"),
  notify: z
    .array(oneLine)
    .default([])
    .describe(
      "who is told of it beside the house's receivers: names of `homelab:alerts.receivers` where Prefect's server is",
    ),
  needs: z
    .enum(nodeNames)
    .optional()
    .describe("an on-demand node that must be on before it begins: its own, or one that its command uses"),
  whenOff: z
    .enum(["wait", "skip"])
    .optional()
    .describe("what becomes of a run while that node is off: it waits, which is the default, or is left out"),
  wake: z.boolean().default(false).describe("whether that node is woken for it, by Wake-on-LAN"),
  patience: z
    .int()
    .min(60, "must be at least 60")
    .max(7 * 86_400, "must be at most a week")
    .optional()
    .describe("seconds that it waits for that node, 3600 when it is left out; then the run has failed"),
});

export type Job = z.output<typeof job>;
/** As it is written: what has its default may be left out. */
export type WrittenJob = z.input<typeof job>;

const file = strict({ jobs: z.record(jobName, job) });

/** jobs.yaml, read. */
export type Jobs = Readonly<Record<string, Job>>;

/** What a schema cannot see: one message per problem. */
function mistakes(jobs: Jobs): string[] {
  const said = Object.entries(jobs).flatMap(([name, job]) => [
    ...mistakesOfProgram(`jobs.${name}`, job),
    ...mistakesOfNeeds(`jobs.${name}`, job),
    ...mistakesOfOrder(`jobs.${name}`, job, jobs),
  ]);
  if (said.length > 0) return said;
  const circle = findCircle(jobs);
  return circle === undefined ? [] : [`jobs wait for each other in a circle: ${circle.join(" → ")}.`];
}

function mistakesOfOrder(where: string, { after, schedule }: Job, jobs: Jobs): string[] {
  return [
    ...after
      .filter((other) => !Object.hasOwn(jobs, other))
      .map((other) => `${where}.after names ${other}, which is no job here.`),
    ...(after.length > 0 && schedule !== undefined
      ? [`${where} has both after and a schedule: it begins when those before it have succeeded.`]
      : []),
  ];
}

function mistakesOfNeeds(where: string, { needs, whenOff, wake, patience }: Job): string[] {
  const given = Object.entries({ whenOff, wake: wake || undefined, patience })
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key);
  if (needs === undefined)
    return given.map((key) => `${where}.${key} says what to do while a node is off, and needs names none.`);
  if (whenOff !== "skip") return [];
  return given
    .filter((key) => key !== "whenOff")
    .map((key) => `${where} has both whenOff: skip and ${key}: a run that is left out waits for nothing.`);
}

function findCircle(jobs: Jobs): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const other of jobs[name]?.after ?? []) {
      const circle = visit(other, [...way, name]);
      if (circle !== undefined) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of Object.keys(jobs)) {
    const circle = visit(name, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** Checks what a jobs.yaml holds. @throws Error with every mistake, a sentence each */
export function checkJobs(raw: unknown, where: string): Jobs {
  const parsed = file.safeParse(raw);
  const said = parsed.success ? mistakes(parsed.data.jobs) : problems(parsed.error, raw);
  if (!parsed.success || said.length > 0) throw new Error(said.map((one) => `${where}: ${one}`).join("\n"));
  return parsed.data.jobs;
}

/** A job's keys and what they mean, for the documentation. */
export const jobKeys: readonly (readonly [key: string, meaning: string])[] = Object.entries(job.shape).map(
  ([key, schema]) => [key, schema.description ?? ""],
);
