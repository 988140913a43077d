import { cronOf } from "../packages/quadlet";
import { flag } from "./fields";
import type { PodRun } from "./pod";
import { keyConflicts } from "./pod-key-conflicts";
import { podKeys, type PodKeys } from "./pod-keys";
import type { QuadletKeys } from "./quadlet-keys";
import { isOn, type JudgedBy, type Schedule } from "./service";

/** What may run as a quadlet, or in the cluster: the keys that say so, and what is wrong with them. */
export const clusterKeys = {
  cluster: flag
    .default(false)
    .describe(
      "it runs in the cluster, as pods on this node, in place of a quadlet; `homelab:k3s.enabled` must be true",
    ),
  pod: podKeys.describe("further keys of its pods, with `cluster`"),
};

interface Keys {
  readonly cluster: boolean;
  readonly pod: PodKeys;
  readonly quadlet: QuadletKeys;
  readonly schedule?: Schedule | undefined;
}

const saysNothing = (sections: object) =>
  Object.values(sections).every((section) => Object.keys(section as object).length === 0);

/** What its schema says of them: path and message of each problem. */
export function clusterKeyProblems({ cluster, pod, quadlet, schedule }: Keys): [string[], string][] {
  if (!cluster)
    return saysNothing(pod)
      ? []
      : [
          [
            ["pod"],
            "must not be given without cluster: a quadlet has no pod; its further keys are `quadlet`",
          ],
        ];
  return [
    ...(saysNothing(quadlet)
      ? []
      : [
          [
            ["quadlet"],
            "must not be given with cluster: a pod has no quadlet; its further keys are `pod`",
          ] satisfies [string[], string],
        ]),
    ...timeProblems(schedule),
  ];
}

/** A CronJob has one schedule, and it is cron's. */
function timeProblems(schedule: Schedule | undefined): [string[], string][] {
  if (schedule === undefined) return [];
  const { at } = schedule;
  if (at.length > 1)
    return [[["schedule", "at"], "must be one time with cluster: a CronJob has one schedule"]];
  return at.flatMap((one): [string[], string][] => {
    const cron = cronOf(one);
    const says = (why: string): [string[], string][] => [
      [["schedule", "at"], `must be a time that cron has, too, with cluster: ${why}`],
    ];
    if (typeof cron === "string") return says(cron);
    return cron.bothDays ? says("it names days of the week and of the month, and cron takes either") : [];
  });
}

/** The CronJob's part of a schedule that was found to have one. */
export function podScheduleOf({ at: [at = ""], limitSeconds }: Schedule) {
  const read = cronOf(at);
  // Its schema has refused any other.
  if (typeof read === "string") throw new Error(`${at}: ${read}.`);
  const { fields, timezone } = read;
  return { cron: fields, ...(timezone === undefined ? {} : { timeZone: timezone }), limitSeconds };
}

/**
 * What stands in the way of what is to run in the cluster, beyond its schema.
 * @param key its own, below `homelab:`
 * @param names names that objects of the cluster are given, by the key where each stands
 */
export function clusterProblems(
  key: string,
  run: PodRun,
  names: Readonly<Record<string, string>>,
  { stack, node }: Pick<JudgedBy, "stack" | "node">,
): string[] {
  return [
    ...(isOn(stack, "k3s")
      ? []
      : [
          `homelab:${key}.cluster is true: homelab:k3s.enabled must be true for it, for ${node.name} is no member of the cluster without.`,
        ]),
    ...Object.entries(names).flatMap(([at, name]) =>
      name.endsWith("-")
        ? [
            `homelab:${at}: the name "${name}" must not end with a dash in the cluster: Kubernetes has no such names.`,
          ]
        : [],
    ),
    ...(run.more === undefined ? [] : keyConflicts(key, run, run.more)),
  ];
}
