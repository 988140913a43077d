import { z } from "zod";
import { clusterKeyProblems, clusterKeys } from "./cluster-keys";
import { flag, image, line, listOf, memory, strict, variable } from "./fields";
import { count } from "./pod-fields";
import { quadletKeys } from "./quadlet-keys";
import { schedule } from "./schedule-fields";

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,19}$/,
    "must be small letters, digits or dashes, beginning with a letter, 20 at most",
  )
  .refine((one) => !["tasks", "queue"].includes(one), "may not be tasks or queue");

const keys = {
  enabled: flag.default(true).describe("whether its agents run; its queue is there in any case"),
  image: image.describe("the agents' image, an exact tag"),
  command: z.array(line).default([]).describe("arguments after the image's name"),
  replicas: count(1, 64).default(1).describe("how many agents wait for tasks"),
  turns: count(1, 64)
    .default(2)
    .describe("how many tasks of the pool are under way at once; the others wait in the queue"),
  aliveSeconds: count(2, 600)
    .default(10)
    .describe("after how long without a sign of life a task is given to another agent, seconds"),
  tries: count(1, 100).default(5).describe("how often a task is given out before it is given up"),
  schedule: schedule
    .optional()
    .describe(
      "its agents begin at these times and end when no task has come for half a minute, in place of waiting all the time; tasks wait in the queue until then",
    ),
  models: listOf(z.string())
    .default([])
    .describe("models of `homelab:inference.models` that its key opens; none: it is given no key"),
  tokensPerMinute: z
    .int("must be a whole number")
    .min(2, "must be at least 2")
    .optional()
    .describe("tokens a minute that all its agents together may use. Left out: no limit"),
  environment: z.record(variable, line).default({}).describe("environment variables of your own"),
  memory: memory.default("512M").describe("memory that each agent is never given more of"),
  quadlet: quadletKeys.describe("further keys of its quadlets, by section"),
  ...clusterKeys,
};

const pool = strict(keys).superRefine((own, ctx) => {
  for (const [path, message] of clusterKeyProblems(own)) ctx.addIssue({ code: "custom", path, message });
});

/** `homelab:agents`: pools of agents that take tasks from a queue. */
export const agentsSchema = strict({
  pools: z.record(name, pool).default({}).describe("pools of agents by a name of your choice"),
  turns: count(1, 1000)
    .optional()
    .describe(
      "how many tasks may be under way at once in all pools together: the sum of their `turns` may not exceed it. Left out: no limit",
    ),
});
export type AgentsSettings = z.output<typeof agentsSchema>;
export type PoolSettings = AgentsSettings["pools"][string];

/** User of NATS and client of the gateway that a pool's agents are. */
export const poolUser = (name: string): string => `agents-${name}`;
/** Whoever gives tasks out, and reads what became of them. */
const submitter = "agents-tasks";
/** The program itself, which declares the queue. */
export const queueUser = "agents-queue";
export const taskStream = "AGENTS";

/** Answers come where only this user may read: `_INBOX.>` would be everybody's. */
export const inboxOf = (user: string): string => `_INBOX_${user}`;

/** Users that the pools add to `homelab:nats.users`, each with the least that it needs. */
export function natsUsersOf({ pools }: AgentsSettings) {
  const names = Object.keys(pools);
  if (names.length === 0) return {};
  const user = (own: string, publish: string[], subscribe: string[] = []) => [
    own,
    { publish, subscribe: [`${inboxOf(own)}.>`, ...subscribe] },
  ];
  return Object.fromEntries([
    ...names.map((pool) =>
      user(poolUser(pool), [
        ...["INFO", "MSG.NEXT"].map((what) => `$JS.API.CONSUMER.${what}.${taskStream}.${pool}`),
        `$JS.ACK.${taskStream}.${pool}.>`,
        ...["done", "failed", "alive"].map((what) => `agents.${what}.${pool}.>`),
      ]),
    ),
    user(submitter, ["agents.task.>"], ["agents.done.>", "agents.failed.>", "agents.alive.>"]),
    user(queueUser, ["$JS.API.>"]),
  ]) as Record<string, { publish: string[]; subscribe: string[] }>;
}

/** Clients that the pools add to `homelab:inference.clients`. */
export const clientsOfPools = ({ pools }: AgentsSettings) =>
  Object.fromEntries(
    Object.entries(pools).flatMap(([name, { models, tokensPerMinute }]) =>
      models.length === 0
        ? []
        : [[poolUser(name), { models, ...(tokensPerMinute === undefined ? {} : { tokensPerMinute }) }]],
    ),
  );
