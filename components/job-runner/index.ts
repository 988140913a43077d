export { JobRunner, type JobRunnerArgs } from "./job-runner";
export { PrefectJobs, type PrefectJobsArgs } from "./prefect-jobs";
export { wrongNeeds } from "./needs";
