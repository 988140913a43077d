import { isAlwaysOn } from "../topology";
import { clusterProblems } from "./cluster-keys";
import { credentialsName } from "./pod-credentials";
import { referenceForms, references } from "./references";
import type { JudgedBy } from "./service";
import { podsOf } from "./workload-pods";
import { givenTo, workloadUnit } from "./workload-secrets";
import { valuesOf, type WorkloadSettings, type WorkloadsSettings } from "./workload-settings";

/** The second replica of `mail` would be named as a workload `mail-2` is. */
const takenTwice = (settings: WorkloadsSettings): string[] =>
  Object.entries(settings).flatMap(([name, { replicas, cluster }]) =>
    Array.from({ length: cluster ? 0 : replicas - 1 }, (_, i) => `${name}-${i + 2}`)
      .filter((replica) => replica in settings)
      .map(
        (replica) =>
          `homelab:workloads.${replica} must have another name: the units of homelab:workloads.${name}, of which there are ${replicas}, are named so.`,
      ),
  );

/** The Secret with files of `a` would be named as that with variables of a workload `a-credentials` is. */
const secretsTakenTwice = (settings: WorkloadsSettings): string[] =>
  Object.entries(settings).flatMap(([name, { cluster }]) => {
    const other = credentialsName(name);
    return cluster && settings[other]?.cluster === true
      ? [
          `homelab:workloads.${other} must have another name: a Secret of homelab:workloads.${name} is named so in the cluster.`,
        ]
      : [];
  });

/** What the workloads of a node and the node itself show together. */
export function workloadProblems(settings: WorkloadsSettings, judgedBy: JudgedBy): string[] {
  return [
    ...takenTwice(settings),
    ...secretsTakenTwice(settings),
    ...valuesAndData(settings, judgedBy),
    ...Object.entries(settings).flatMap(([name, own]) => inCluster(name, own, judgedBy)),
  ];
}

function inCluster(name: string, own: WorkloadSettings, judgedBy: JudgedBy): string[] {
  if (!own.cluster || !own.enabled || own.image === undefined) return [];
  const key = `workloads.${name}`;
  const ports = Object.keys(own.ports).map((port) => [`${key}.ports.${port}`, port]);
  const names = { [key]: name, ...(Object.fromEntries(ports) as Record<string, string>) };
  return clusterProblems(key, podsOf(workloadUnit(name, 1), own, own.image, givenTo(own)), names, judgedBy);
}

function valuesAndData(settings: WorkloadsSettings, { node, outputs, users }: JudgedBy): string[] {
  return Object.entries(settings).flatMap(([name, own]) => {
    const at = `homelab:workloads.${name}`;
    const wrong = valuesOf(own).flatMap(([key, entry, value]) =>
      references(value).flatMap(({ text, kind, name: user }) => {
        const is = `${at}.${key}.${entry} holds \${${text}}`;
        if (kind === "unknown") return [`${is}: it must be one of ${referenceForms}.`];
        if (kind === "url" && text !== "S3_ENDPOINT" && !outputs.includes(text))
          return [
            `${is}: no port of ${node.name} has this stack output; there is ${["S3_ENDPOINT", ...outputs].join(", ")}.`,
          ];
        const [service = ""] = text.split(".");
        if (kind === "service" && users[service]?.includes(user) !== true) {
          const there = Object.entries(users).flatMap(([one, names]) =>
            names.map((each) => `${one}.${each}`),
          );
          return [
            `${is}: no service of ${node.name} has such a user; ${there.length === 0 ? "there is none" : `there is ${there.join(", ")}`}.`,
          ];
        }
        return [];
      }),
    );
    const kept = Object.keys(own.keeps);
    return kept.length === 0 || isAlwaysOn(node)
      ? wrong
      : [
          ...wrong,
          `${at}.keeps names ${kept.join(", ")}: it must be empty, because ${node.name} is ${node.lifecycle} in the topology and keeps no data. Keep it in storage's PostgreSQL or object store; what may be lost belongs into ${at}.ephemeral.`,
        ];
  });
}
