import { inboxOf, poolUser, taskStream, type PoolSettings } from "./agents-settings";
import { NotHandedOutError } from "./service";
import type { SecretsOf } from "./storage-values";

/** What an agent is told, as a quadlet and as a pod alike. */

/** Files below /run/secrets in which an agent finds what opens the queue and the gateway. */
export const agentSecrets = { nats: "nats-password.json", inference: "inference-key.json" } as const;

/** After how long without a task an agent with a schedule ends, until its next time. */
const idleSeconds = 30;

/** Which of these a pool's agents are given. */
export const secretKeys = ({ models }: Pick<PoolSettings, "models">) =>
  models.length === 0 ? (["nats"] as const) : (["nats", "inference"] as const);

/** Where they are is in the same file as what opens them: one read for the agent, and nothing of it in its environment. */
export const secretsOf = (pool: string, own: PoolSettings): SecretsOf =>
  Object.fromEntries(
    secretKeys(own).map((key) => [
      key,
      ({ services, urls }) => {
        const user = poolUser(pool);
        const password = services?.[key]?.[user];
        const url = urls?.[key === "nats" ? "NATS_URL" : "INFERENCE_URL"];
        if (password === undefined || url === undefined)
          throw new NotHandedOutError(
            `homelab:agents.pools.${pool} needs homelab:${key}, which is off here.`,
          );
        return JSON.stringify({ url, user, password });
      },
    ]),
  );

/** Its variables, but for its name. */
export const environmentOf = (pool: string, own: PoolSettings): Readonly<Record<string, string>> => ({
  ...own.environment,
  AGENT_POOL: pool,
  AGENT_STREAM: taskStream,
  AGENT_INBOX: inboxOf(poolUser(pool)),
  AGENT_ALIVE_SECONDS: String(own.aliveSeconds),
  AGENT_TRIES: String(own.tries),
  ...(own.schedule === undefined ? {} : { AGENT_IDLE_SECONDS: String(idleSeconds) }),
  ...(own.models[0] === undefined ? {} : { AGENT_MODEL: own.models[0] }),
});
