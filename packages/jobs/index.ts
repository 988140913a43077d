export { writeJobs, readJobs } from "./file";
export { importJobs } from "./import";
export type { Finding, ImportedJob } from "./imported";
export { jobKeys } from "./schema";
export type { CrontabFile, Source } from "./source";
