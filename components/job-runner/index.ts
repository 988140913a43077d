export { JobRunner, type JobRunnerArgs } from "./job-runner";
export { plannedJobs, type PlannedJob } from "./planned";
