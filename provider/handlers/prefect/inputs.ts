import { z } from "zod";
import { connectionSchema } from "../../../remote/connection-args";

const name = z.string().min(1);

const schedule = z.union([
  z.strictObject({ cron: name, timezone: name, day_or: z.boolean() }),
  z.strictObject({ interval: z.number().positive(), anchor_date: name, timezone: name }),
]);

const deployment = z.strictObject({
  pool: name,
  paused: z.boolean(),
  description: z.string(),
  schedule: schedule.optional(),
  overlap: z.enum(["skip", "wait"]),
  parameters: z.record(z.string(), z.json()),
  labels: z.record(z.string(), z.number()),
});

/** The inputs of homelab:prefect:Jobs; see provider/sdk/prefect.ts for their meaning. */
export const jobsSchema = z.strictObject({
  connection: connectionSchema,
  endpoint: z.url(),
  login: name,
  flow: z.strictObject({ name, path: name, entrypoint: name }),
  pools: z.array(name),
  deployments: z.record(name, deployment),
  alertmanager: z.url().optional(),
});

export type JobsInputs = z.infer<typeof jobsSchema>;
export type Deployment = z.infer<typeof deployment>;
