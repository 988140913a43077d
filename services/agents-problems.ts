import { agentPods } from "./agent-pods";
import type { AgentsSettings, PoolSettings } from "./agents-settings";
import { clusterProblems } from "./cluster-keys";
import { isOn, type JudgedBy } from "./service";

function inCluster(pool: string, own: PoolSettings, judgedBy: JudgedBy): string[] {
  if (!own.cluster || !own.enabled) return [];
  const key = `agents.pools.${pool}`;
  return clusterProblems(key, agentPods(pool, own), { [key]: pool }, judgedBy);
}

/** What the pools and the rest of the stack file show together. */
export function agentsProblems({ pools }: AgentsSettings, judgedBy: JudgedBy): string[] {
  const { stack } = judgedBy;
  const entries = Object.entries(pools);
  return [
    ...(entries.length > 0 && !isOn(stack, "nats")
      ? ["homelab:agents.pools names a pool: homelab:nats.enabled must be true, for their tasks are there."]
      : []),
    ...entries.flatMap(([pool, own]) => inCluster(pool, own, judgedBy)),
    ...entries.flatMap(([pool, { models, replicas, turns }]) => [
      ...(models.length > 0 && !isOn(stack, "inference")
        ? [
            `homelab:agents.pools.${pool}.models names ${models.join(", ")}: homelab:inference.enabled must be true for it.`,
          ]
        : []),
      ...(turns > replicas
        ? [
            `homelab:agents.pools.${pool}.turns is ${turns}: it must be at most replicas, ${replicas}, for an agent has one task at a time.`,
          ]
        : []),
    ]),
  ];
}
