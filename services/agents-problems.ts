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
export function agentsProblems({ pools, turns: limit }: AgentsSettings, judgedBy: JudgedBy): string[] {
  const { stack } = judgedBy;
  const entries = Object.entries(pools);
  const running = entries.filter(([, { enabled }]) => enabled);
  const together = running.reduce((sum, [, { turns }]) => sum + turns, 0);
  return [
    ...(entries.length > 0 && !isOn(stack, "nats")
      ? ["homelab:agents.pools names a pool: homelab:nats.enabled must be true, for their tasks are there."]
      : []),
    ...(limit !== undefined && together > limit
      ? [
          `homelab:agents.turns is ${limit}, and the pools have ${together} together (${running.map(([pool, { turns }]) => `${pool} ${turns}`).join(", ")}): give one of them fewer, or raise it.`,
        ]
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
