import { environmentOf } from "./agent-environment";
import type { PoolSettings } from "./agents-settings";
import { podScheduleOf } from "./cluster-keys";
import type { PodRun } from "./pod";
import { credentialsName } from "./pod-credentials";
import { kubernetesSize } from "./sizes";

/** Name of a pool's Deployment or CronJob. */
const nameOf = (pool: string) => `agent-${pool}`;

/** A pool of agents in the cluster: each is named as its pod is. */
export function agentPods(pool: string, own: PoolSettings): PodRun {
  const name = nameOf(pool);
  const memory = kubernetesSize(own.memory);
  return {
    name,
    pods: [
      {
        ...{ name, replicas: own.replicas },
        ...(own.schedule === undefined ? {} : { schedule: podScheduleOf(own.schedule) }),
        programs: [
          {
            ...{ name, image: own.image },
            ...(own.command.length === 0 ? {} : { args: own.command }),
            env: environmentOf(pool, own),
            podName: "AGENT_NAME",
            requests: { cpu: "10m", memory },
            limits: { memory },
            secretFiles: { from: credentialsName(name), name: "secret-files", at: "/run/secrets" },
          },
        ],
      },
    ],
    more: own.pod,
  };
}
