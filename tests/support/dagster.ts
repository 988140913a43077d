import { onNode } from "./lab";

/** Dagster on compute, asked as its clients on desktop ask it. */
export const graphql = (query: string): string =>
  onNode(
    "desktop",
    "curl -sS -m 60 -H 'content-type: application/json' --data @- http://compute:3300/graphql",
    JSON.stringify({ query }),
  );

/** Begins the sample's job, in a chain or in none. @returns the run's id @throws Error with Dagster's answer */
export function launchSample(name: string, rows: number, chain?: string): string {
  const tags = chain === undefined ? "" : `{key: "correlation_id", value: "${chain}"}`;
  const answer = graphql(
    `mutation { launchRun(executionParams: {
      selector: {repositoryLocationName: "sample", repositoryName: "__repository__", jobName: "sample"},
      runConfigData: "{ops: {numbers: {config: {name: ${name}, rows: ${rows}}}}}",
      executionMetadata: {tags: [${tags}]}
    }) { __typename ... on LaunchRunSuccess { run { runId } } } }`,
  );
  const run = /"runId":\s*"([0-9a-f-]{36})"/.exec(answer)?.[1];
  if (run === undefined) throw new Error(answer);
  return run;
}
