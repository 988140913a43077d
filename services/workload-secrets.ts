import { references } from "./references";
import type { Given } from "./workload-pods";
import type { WorkloadSettings } from "./workload-settings";

/** Name of container, unit, configuration directory and pods: one that no unit of the system has. */
export const workloadUnit = (name: string, replica: number) =>
  `workload-${name}${replica === 1 ? "" : `-${replica}`}`;

const slug = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/** What is given as a secret: by key, the text that becomes one, and where the container finds it. */
export function secretsOf(own: WorkloadSettings) {
  const variables = { ...own.secrets, ...own.environment };
  return [
    ...Object.entries(variables)
      .filter(([name, value]) => name in own.secrets || references(value).length > 0)
      .map(([name, value]) => ({ key: `env-${slug(name)}`, value, variable: name })),
    ...Object.entries(own.secretFiles).map(([file, value]) => ({ key: `file-${slug(file)}`, value, file })),
  ];
}

/** Variables whose values are no secret. */
export const plainOf = (own: WorkloadSettings) =>
  Object.fromEntries(
    Object.entries(own.environment)
      .filter(([, value]) => references(value).length === 0)
      .map(([name, value]) => [name, value.replaceAll("$${", "${")]),
  );

/** The same for pods, whose secrets are told by the names that programs know them by. */
export function givenTo(own: WorkloadSettings): Given {
  const secrets = secretsOf(own);
  return {
    plain: plainOf(own),
    variables: secrets.flatMap((one) => ("variable" in one ? one.variable : [])),
    files: secrets.flatMap((one) => ("file" in one ? one.file : [])),
  };
}
