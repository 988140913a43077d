export { writeJobs, readJobs } from "./file";
export { importJobs } from "./import";
export type { Finding, ImportedJob } from "./imported";
export { longestGap } from "./longest-gap";
export { isImage, jobsOn, programOf, type CommandProgram, type ImageProgram } from "./program";
export { jobKeys, type Jobs } from "./schema";
export type { CrontabFile, Source } from "./source";
