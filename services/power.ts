import { z } from "zod";
import { nodeNames, type Node, type Topology } from "../topology";
import { calendar } from "./calendar";
import { flag, listOf, strict } from "./fields";
import { service } from "./service";

/** TCP; where an on-demand node says why it goes off, or that it is on. */
export const powerPort = 4009;

const whole = (what: string, least: number, most: number) =>
  z
    .int(`must be a whole number of ${what}`)
    .min(least, `must be ${least} to ${most} ${what}`)
    .max(most, `must be ${least} to ${most} ${what}`);
const enabled = flag.default(false).describe("whether anything of this is set up");

/** `homelab:power` on storage, which is there to wake the others and to know why they are off. */
export const powerKeeperSchema = strict({
  enabled,
  wake: z
    .record(z.string(), listOf(calendar))
    .default({})
    .describe(
      "storage: when which on-demand node is woken, a list of moments by the node's name, as in `compute: [Mon..Fri 07:30]`; the node needs a `mac`",
    ),
});

/** `homelab:power` on the stack of a node that may be on demand. */
export const powerScheduleSchema = strict({
  enabled,
  sleep: listOf(calendar)
    .default([])
    .describe("compute: a list of moments from which on it goes off as soon as nothing runs there"),
  idleMinutes: whole("minutes", 0, 1440)
    .default(0)
    .describe("compute: goes off after so many minutes in which nothing ran, 1 to 1440; 0: never"),
  idleCpuPercent: whole("percent", 1, 6400)
    .default(25)
    .describe(
      "compute: work of all processors together, in percent of one, up to which nothing counts as running, 1 to 6400",
    ),
});

export type PowerKeeperSettings = z.output<typeof powerKeeperSchema>;
export type PowerScheduleSettings = z.output<typeof powerScheduleSchema>;

/** What storage's settings and the topology together show: one message per problem. */
function keeperProblems({ enabled: on, wake }: PowerKeeperSettings, topology: Topology): string[] {
  const wanted = Object.keys(wake).filter((name) => (wake[name] ?? []).length > 0);
  if (wanted.length > 0 && !on)
    return ["homelab:power.wake is set: homelab:power.enabled must be true for it."];
  return wanted.flatMap((wantedName) => {
    const name = nodeNames.find((known) => known === wantedName);
    if (name === undefined) {
      return [`homelab:power.wake.${wantedName} is no node: it must be one of ${nodeNames.join(", ")}.`];
    }
    const { lifecycle, mac } = topology.nodes[name];
    if (lifecycle === "always-on") {
      return [`homelab:power.wake.${name} is set, but ${name} is always-on: only on-demand nodes are woken.`];
    }
    if (mac !== undefined) return [];
    return [`homelab:power.wake.${name} is set: nodes.${name}.mac of the topology must be given for it.`];
  });
}

/** What a node's settings and the node together show: one message per problem. */
function scheduleProblems({ enabled: on, sleep, idleMinutes }: PowerScheduleSettings, node: Node): string[] {
  const set = [...(sleep.length > 0 ? ["sleep"] : []), ...(idleMinutes > 0 ? ["idleMinutes"] : [])];
  if (node.lifecycle === "always-on" && (on || set.length > 0)) {
    return [
      `homelab:power.${set[0] ?? "enabled"} is set, but ${node.name} is always-on: only on-demand nodes are powered off.`,
    ];
  }
  return on
    ? []
    : set.map((key) => `homelab:power.${key} is set: homelab:power.enabled must be true for it.`);
}

export const powerKeeper = service({
  title: "waking",
  purpose: "wakes on-demand nodes, and knows why each went off",
  key: "power",
  on: ["storage"],
  settings: powerKeeperSchema,
  problems: (own, { topology }) => keeperProblems(own, topology),
  enabled: ({ enabled: on }) => on,
  // A node that goes off says so by the address that it is known by.
  ports: () => [{ title: "last words", port: powerPort, from: "nodes", lan: "always" }],
  keeps: () => ({
    kind: "ephemeral",
    paths: ["/var/lib/homelab/power"],
    reason: "why each node went off: only for people to read",
  }),
});

export const powerSchedule = service({
  title: "sleeping",
  purpose: "powers an on-demand node off when it idles or by a schedule",
  key: "power",
  on: ["desktop", "compute"],
  settings: powerScheduleSchema,
  problems: (own, { node }) => scheduleProblems(own, node),
  enabled: ({ enabled: on }) => on,
  keeps: () => ({ kind: "nothing" }),
});
