import type { ClusterNode, LastWord, PowerSeen } from "./on-node";
import { columns } from "../cli/terminal";
import { errorMessage } from "../packages/errors";
import { nodeNames, type NodeName } from "../topology";
import { moment, type Power } from "./context";

/** A node as it is shown. */
export interface Row {
  readonly node: NodeName;
  readonly state: "on" | "off" | "on, but not let in";
  readonly since: string;
  readonly why: string;
  /** When a timer of an always-on node wakes it. */
  readonly wakes: string;
}

/** What was found out of the three machines: undefined for one that does not answer, a sentence for one that does not let in. */
export type Looks = Readonly<Record<NodeName, PowerSeen | string | undefined>>;

const reasons: Readonly<Record<LastWord["why"], string>> = {
  sleep: "put to sleep by hand",
  schedule: "asleep by schedule",
  idle: "idle: nothing had run there",
  poweroff: "powered off on the machine itself",
  on: "without a word: a power cut, its button held, or the network between",
};

const none = "-";

/** Pure: the table's rows. @param cordoned how the cluster sees each node that is in it */
export function rowsOf(looks: Looks, cordoned: Readonly<Partial<Record<NodeName, ClusterNode>>>): Row[] {
  const seen = Object.values(looks).filter((one) => typeof one === "object");
  return nodeNames.map((node) => {
    const look = looks[node];
    const wakes = seen
      .flatMap((one) => one.wakes)
      .filter((one) => one.node === node)
      .map(({ at }) => at)
      .sort((one, other) => one.getTime() - other.getTime())[0];
    const row = { node, wakes: wakes === undefined ? none : moment(wakes) };
    if (typeof look === "string") return { ...row, state: "on, but not let in", since: none, why: look };
    if (look !== undefined) {
      const pods = cordoned[node]?.cordoned;
      const notes = [
        ...(look.use === undefined ? [] : [look.use]),
        ...(pods === "ours" ? ["cordoned for its sleep: `wake` takes that back"] : []),
        ...(pods === "other" ? ["cordoned by hand"] : []),
      ];
      return { ...row, state: "on", since: moment(look.booted), why: notes.join("; ") || none };
    }
    const word = seen
      .flatMap((one) => one.words)
      .filter((one) => one.node === node)
      .sort((one, other) => other.at.getTime() - one.at.getTime())[0];
    if (word === undefined) return { ...row, state: "off", since: none, why: "nobody was told" };
    return {
      ...row,
      state: "off",
      since: word.why === "on" ? `after ${moment(word.at)}` : moment(word.at),
      why: reasons[word.why],
    };
  });
}

export function table(rows: readonly Row[]): string {
  const lines = columns([
    ["node", "state", "since", "will be woken", "why"],
    ...rows.map(({ node, state, since, wakes, why }) => [node, state, since, wakes, why]),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}

/** Looks at the three machines at once. */
export async function status({ topology, machines }: Power): Promise<Row[]> {
  const look = async (name: NodeName): Promise<PowerSeen | string | undefined> => {
    const node = topology.nodes[name];
    if (!(await machines.answers(node))) return undefined;
    return machines.look(node).catch(errorMessage);
  };
  const found = await Promise.all(nodeNames.map(async (name) => [name, await look(name)] as const));
  const looks = Object.fromEntries(found) as Looks;
  const cordoned: Partial<Record<NodeName, ClusterNode>> = {};
  if (typeof looks.storage === "object") {
    for (const name of nodeNames) {
      // That a cluster does not answer is no news of this table.
      const seen = await machines.clusterNode(topology.nodes.storage, name, "state").catch(() => undefined);
      if (seen !== undefined) cordoned[name] = seen;
    }
  }
  return rowsOf(looks, cordoned);
}
