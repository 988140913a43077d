import { tmp, type PodRun, type Program, type Workload } from "./pod";
import type { PodKeys } from "./pod-keys";

/** Entries of lists in the stack file that would take the place of the service's own: one sentence each. */
export function keyConflicts(key: string, { pods }: PodRun, { spec, container }: PodKeys): string[] {
  const own = pods.map(ownOf);
  const taken = (list: unknown, at: string, by: string, names: (of: Own) => readonly string[]) =>
    ((list as readonly Readonly<Record<string, unknown>>[] | undefined) ?? []).flatMap((one, i) =>
      own.some((of) => names(of).includes(String(one[by])))
        ? [
            `homelab:${key}.pod.${at}.${i}.${by} is ${JSON.stringify(one[by])}: it must be another one, because the service has its own.`,
          ]
        : [],
    );
  return [
    ...taken(spec.volumes, "spec.volumes", "name", ({ volumes }) => volumes),
    ...taken(container.env, "container.env", "name", ({ variables }) => variables),
    ...taken(container.volumeMounts, "container.volumeMounts", "mountPath", ({ paths }) => paths),
  ];
}

type Own = ReturnType<typeof ownOf>;

/** What a pod has already: its volumes, and of its first program the variables and the paths that something is mounted at. */
function ownOf({ before = [], programs, nodeDirectories = [] }: Workload) {
  const all = [...before, ...programs];
  const first: Partial<Program> = programs[0] ?? {};
  const scratch = all.flatMap((one) => one.scratch ?? []);
  const secretFiles = (of: Partial<Program>) => (of.secretFiles === undefined ? [] : [of.secretFiles]);
  return {
    volumes: [
      ...[tmp, ...scratch, ...nodeDirectories].map(({ name }) => name),
      ...all.flatMap(({ files = [] }) => files.map(({ from }) => from)),
      ...all.flatMap(secretFiles).map(({ name }) => name),
    ],
    variables: [
      ...["HOME", ...Object.keys(first.env ?? {}), ...(first.secrets ?? [])],
      ...(first.podName === undefined ? [] : [first.podName]),
    ],
    paths: [
      ...[tmp, ...(first.scratch ?? []), ...(first.files ?? []), ...nodeDirectories],
      ...secretFiles(first),
    ].map(({ at }) => at),
  };
}
