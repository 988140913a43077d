import { z } from "zod";
import {
  agentsProblems,
  agentsSchema,
  inboxOf,
  poolUser,
  taskStream,
  type PoolSettings,
} from "./agents-settings";
import { NotHandedOutError, secretName, service, type Service } from "./service";

/** Files below /run/secrets in which an agent finds what opens the queue and the gateway. */
const agentSecrets = { nats: "nats-password", inference: "inference-key" } as const;

/** After how long without a task an agent with a schedule ends, until its next time. */
const idleSeconds = 30;

/** One agent of a pool, as a service like the others. */
function agent(pool: string, own: PoolSettings, number: number): Service {
  const name = `agent-${pool}-${number}`;
  const user = poolUser(pool);
  const keys = own.models.length === 0 ? (["nats"] as const) : (["nats", "inference"] as const);
  return {
    title: `Agent ${pool} ${number}`,
    purpose: "takes tasks from its pool's queue",
    key: `agents.pools.${pool}`,
    on: ["desktop"],
    settings: z.unknown(),
    enabled: () => own.enabled,
    images: () => [own.image],
    keeps: () => ({ kind: "nothing" }),
    secrets: () => ({
      // Where they are is in the same file as what opens them: one read for the agent, and nothing of it in its environment.
      ...Object.fromEntries(
        keys.map((key) => [
          key,
          ({ services, urls }) => {
            const password = services?.[key]?.[user];
            const url = urls?.[key === "nats" ? "NATS_URL" : "INFERENCE_URL"];
            if (password === undefined || url === undefined)
              throw new NotHandedOutError(
                `homelab:agents.pools.${pool} needs homelab:${key}, which is off here.`,
              );
            return JSON.stringify({ url, user, password });
          },
        ]),
      ),
    }),
    quadlet: () => ({
      name,
      description: `Agent ${number} of the pool ${pool}`,
      image: own.image,
      container: {
        ...(own.command.length === 0 ? {} : { exec: own.command }),
        environment: {
          ...own.environment,
          AGENT_NAME: name,
          AGENT_POOL: pool,
          AGENT_STREAM: taskStream,
          AGENT_INBOX: inboxOf(user),
          AGENT_ALIVE_SECONDS: String(own.aliveSeconds),
          AGENT_TRIES: String(own.tries),
          ...(own.schedule === undefined ? {} : { AGENT_IDLE_SECONDS: String(idleSeconds) }),
          ...(own.models[0] === undefined ? {} : { AGENT_MODEL: own.models[0] }),
        },
        secrets: keys.map((key) => ({
          name: secretName(name, key),
          target: `${agentSecrets[key]}.json`,
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
      Array.from({ length: own.replicas }, (_, i) => ({
        name: `agent-${pool}-${i + 1}`,
        service: agent(pool, own, i + 1),
      })),
    ),
});
