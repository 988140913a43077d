import { z } from "zod";
import { agentPods } from "./agent-pods";
import { agentSecrets, environmentOf, secretKeys, secretsOf } from "./agent-environment";
import { agentsProblems } from "./agents-problems";
import { agentsSchema, type PoolSettings } from "./agents-settings";
import { secretName, service, type Service } from "./service";

/** What each agent of a pool is, however it runs. */
const member = (pool: string, own: PoolSettings) => ({
  purpose: "takes tasks from its pool's queue",
  key: `agents.pools.${pool}`,
  on: ["desktop"] as const,
  settings: z.unknown(),
  enabled: () => own.enabled,
  images: () => [own.image],
  keeps: () => ({ kind: "nothing" }) as const,
});

/** One agent of a pool, as a service like the others. */
function agent(pool: string, own: PoolSettings, number: number): Service {
  const name = `agent-${pool}-${number}`;
  return {
    ...member(pool, own),
    title: `Agent ${pool} ${number}`,
    secrets: () => secretsOf(pool, own),
    quadlet: () => ({
      name,
      description: `Agent ${number} of the pool ${pool}`,
      image: own.image,
      container: {
        ...(own.command.length === 0 ? {} : { exec: own.command }),
        environment: { ...environmentOf(pool, own), AGENT_NAME: name },
        secrets: secretKeys(own).map((key) => ({
          name: secretName(name, key),
          target: agentSecrets[key],
          mode: "0444",
        })),
        dropCapabilities: ["all"],
      },
      memory: own.memory,
      ...(own.schedule === undefined ? {} : { schedule: own.schedule }),
      health: { exec: ["systemctl", "is-active", "--quiet", `${name}.service`] },
      more: own.quadlet,
    }),
  };
}

/** A pool in the cluster: all of its agents are one Deployment, or one CronJob. */
const poolInCluster = (pool: string, own: PoolSettings): Service => ({
  ...member(pool, own),
  title: `Agents ${pool}`,
  credentials: () =>
    Object.fromEntries(
      Object.entries(secretsOf(pool, own)).map(([key, of]) => [
        agentSecrets[key as keyof typeof agentSecrets],
        of,
      ]),
    ),
  pod: () => agentPods(pool, own),
});

/** Pools of agents: each takes tasks from a queue, and asks the gateway for its models. */
export const agents = service({
  title: "Agents",
  purpose: "pools of agents that take tasks from a queue",
  key: "agents",
  on: ["desktop"],
  settings: agentsSchema,
  problems: agentsProblems,
  enabled: ({ pools }) => Object.keys(pools).length > 0,
  keeps: () => ({ kind: "nothing" }),
  each: ({ pools }) =>
    Object.entries(pools).flatMap(([pool, own]) =>
      own.cluster
        ? [{ name: `agent-${pool}`, service: poolInCluster(pool, own) }]
        : Array.from({ length: own.replicas }, (_, i) => ({
            name: `agent-${pool}-${i + 1}`,
            service: agent(pool, own, i + 1),
          })),
    ),
});
