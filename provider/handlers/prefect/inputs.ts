import { z } from "zod";
import { connectionSchema } from "../../../remote/connection-args";

const name = z.string().min(1);

const schedule = z.union([
  z.strictObject({
    /** Five fields of cron. */
    cron: name,
    /** Time zone of it, e.g. `Europe/Berlin`. */
    timezone: name,
    /** Whether either of the two day fields is enough, where both are given. */
    day_or: z.boolean(),
  }),
  z.strictObject({
    /** Seconds between two runs. */
    interval: z.number().positive(),
    /** A moment from which they are counted, as ISO 8601 has it. */
    anchor_date: name,
    /** Time zone of it, e.g. `Europe/Berlin`. */
    timezone: name,
  }),
]);

/** A job of Prefect's: what begins it, and where. */
export const deploymentSchema = z.strictObject({
  /** Work pool whose workers run it. */
  pool: name,
  /** Queue of that pool in which its runs wait. */
  queue: name,
  /** Whether nothing begins it but a person. */
  paused: z.boolean(),
  /** What it is for, as Prefect's pages show it. */
  description: z.string(),
  /** What begins it by the clock. @default nothing */
  schedule: schedule.optional(),
  /** What becomes of a run whose predecessor still runs: left out, or begun after it. */
  overlap: z.enum(["skip", "wait"]),
  /** What its flow is given. */
  parameters: z.record(z.string(), z.json()),
  /** What is known of it beside, by name. */
  labels: z.record(z.string(), z.union([z.number(), z.string()])),
});

/** The inputs of homelab:prefect:Jobs. */
export const jobsSchema = z.strictObject({
  /** Of the node that Prefect's server runs on. */
  connection: connectionSchema,
  /** URL of the server, as reached from where Pulumi runs. */
  endpoint: z.url(),
  /** What its API is asked with, `user:password`: a secret. */
  login: name,
  /** The flow that every job is, and where workers have it. */
  flow: z.strictObject({
    /** Its name. */
    name,
    /** Directory in which workers have it. */
    path: name,
    /** File and function in it, e.g. `job_flow.py:job`. */
    entrypoint: name,
  }),
  /** Work pools, one for each node that has a worker. */
  pools: z.array(name),
  /** By name. One that is taken out is paused, and keeps its history. */
  deployments: z.record(name, deploymentSchema),
  /** Alertmanager's API, as reached from the server: it is told of each run that failed. @default nobody is told */
  alertmanager: z.url().optional(),
});

export type JobsInputs = z.infer<typeof jobsSchema>;
export type Deployment = z.infer<typeof deploymentSchema>;
