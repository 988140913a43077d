import { parsePower, type LastWord } from "../../power/on-node";
import { rowsOf, type Looks, type Row } from "../../power/status";
import { nodeNames, type NodeName } from "../../topology/names";
import type { Lifecycle } from "../../topology";
import { Facts } from "./facts";
import type { StatusSaid } from "../../remote/status";
import { backupWarnings, jobsOf, type Job } from "./jobs";
import { servicesOf, type Service } from "./services";

/** `unexpected`: nothing and nobody said that it would go off, or it has to be on always. */
export type Power = "on" | "off" | "unexpected" | "not known";

export interface NodeStatus {
  readonly node: NodeName;
  readonly power: Power;
  /** In words: since when, why. */
  readonly says: string;
  readonly services: readonly Service[];
  readonly jobs: readonly Job[];
  readonly warnings: readonly string[];
  /** What it did not answer in time. */
  readonly unanswered: readonly string[];
}

const names = {
  power: "power",
  units: "services",
  health: "health checks",
  jobs: "backups",
  pair: "PostgreSQL's replication",
  cluster: "the cluster",
} as const;

/** What each node said, put together: a node's last word is kept on another. */
export function nodesOf(
  said: Readonly<Record<NodeName, StatusSaid>>,
  lifecycles: Readonly<Record<NodeName, Lifecycle>>,
): readonly NodeStatus[] {
  const looks = Object.fromEntries(
    nodeNames.map((node) => {
      const { rows, ended } = said[node];
      if (rows.some(([kind]) => kind === "booted")) return [node, parsePower(rows)];
      return [node, typeof ended === "object" ? ended.sentence : undefined];
    }),
  ) as Looks;
  const words = Object.values(looks).flatMap((look) => (typeof look === "object" ? look.words : []));
  return rowsOf(looks, {}).map((row) => {
    const { node } = row;
    const facts = new Facts(said[node]);
    const { ended, rows } = said[node];
    const answered = rows.length > 0;
    const power = powerOf(ended, answered, lifecycles[node], lastWordOf(node, words));
    return {
      node,
      power,
      says: sentence(power, ended, lifecycles[node], row),
      services: servicesOf(facts),
      jobs: jobsOf(facts),
      warnings: backupWarnings(facts),
      unanswered: answered
        ? (Object.keys(names) as (keyof typeof names)[])
            .filter((name) => !facts.done(name))
            .map((name) => names[name])
        : [],
    };
  });
}

function sentence(power: Power, ended: StatusSaid["ended"], lifecycle: Lifecycle, row: Row): string {
  const since = row.since === "-" ? "" : ` since ${row.since}`;
  const why = row.why === "-" ? "" : `: ${row.why}`;
  switch (power) {
    case "on":
      return `on${since}${why}`;
    case "off":
      return `off on purpose${since}${why}`;
    case "unexpected":
      return `off${since}${why}; ${lifecycle === "always-on" ? "it should always be on" : "nobody put it to sleep"}`;
    case "not known":
      if (typeof ended === "object") return `not known: ${ended.sentence}`;
      return ended === "late"
        ? "not known: it accepts connections, but did not answer in time"
        : "off, and whether on purpose is not known: no node that is on was told";
  }
}

const lastWordOf = (node: NodeName, words: readonly LastWord[]): LastWord | undefined =>
  words
    .filter((word) => word.node === node)
    .toSorted((one, other) => other.at.getTime() - one.at.getTime())[0];

function powerOf(
  ended: StatusSaid["ended"],
  answered: boolean,
  lifecycle: Lifecycle,
  word: LastWord | undefined,
): Power {
  if (answered) return "on";
  if (ended !== "unreachable") return "not known";
  // Whether a silent machine is off on purpose cannot be seen from here: what was said of it last decides.
  if (lifecycle === "always-on") return "unexpected";
  if (word === undefined) return "not known";
  return word.why === "on" ? "unexpected" : "off";
}
