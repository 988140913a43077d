import { z } from "zod";
import { dataDirectory, strict } from "./forms";

const days = (most: number) =>
  z
    .int("must be a whole number of days")
    .min(1, `must be 1 to ${most} days`)
    .max(most, `must be 1 to ${most} days`);

const time = "([01]\\d|2[0-3]):[0-5]\\d";

/** `homelab:backup` on storage, where all backups are collected. */
export const backupServerSchema = strict({
  /** Whether storage is backed up at all. */
  enabled: z.boolean({ error: "must be true or false" }).default(true),
  /** Holds all backups. Best on a disk of its own: on the data's own it survives mistakes, but not the disk. */
  directory: dataDirectory.default("/srv/homelab/backup"),
  /** When the daily backup begins, in the node's time. */
  at: z
    .string()
    .regex(new RegExp(`^${time}$`), "must be a time of day such as 02:30")
    .default("02:30"),
  /** A full base backup so often; on the other days what changed since the last one. */
  fullEveryDays: days(31).default(7),
  /** Every moment of so many days can be gone back to. */
  keepDays: days(366).default(14),
  /** When the weekly restore drill begins. */
  drillAt: z
    .string()
    .regex(
      new RegExp(`^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${time}$`),
      "must be a day and a time such as Sun 04:30",
    )
    .default("Sun 04:30"),
  /** Where files for the textfile collector of Prometheus' node exporter are put. */
  metricsDirectory: dataDirectory.default("/var/lib/homelab/metrics"),
});

export type BackupServerSettings = z.output<typeof backupServerSchema>;
