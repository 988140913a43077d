import { parseTopology } from "../topology";
import type { NodeName } from "../topology";
import type { Machines, Power } from "./context";

const key = `ssh-ed25519 ${"A".repeat(64)}`;

export const house = parseTopology(
  `
nodes:
  storage: { address: 10.0.0.1, lifecycle: always-on, memory: 16GB, hostKey: ${key} }
  desktop: { address: 10.0.0.2, lifecycle: always-on, memory: 32GB, hostKey: ${key} }
  compute: { address: 10.0.0.3, lifecycle: on-demand, memory: 64GB, hostKey: ${key}, mac: "02:4c:41:42:00:0d" }
`,
  "topology.yaml",
);

/** A house in which every machine does as it is told, and what was asked of it; time passes only by waiting. */
export function pretend(
  on: readonly NodeName[],
  change: (machines: Machines, state: { on: Set<string>; now: number; done: string[] }) => Partial<Machines>,
): { power: Power; done: string[]; said: string[] } {
  const state = { on: new Set<string>(on), now: 0, done: [] as string[] };
  const { done } = state;
  const usual: Machines = {
    answers: (node) => Promise.resolve(state.on.has(node.name)),
    look: (node) => {
      done.push(`look ${node.name}`);
      return Promise.resolve({ booted: new Date(0), use: undefined, words: [], wakes: [] });
    },
    sendPacket: (from, to, packet) => {
      done.push(`packet ${from.name} ${to.name} ${packet.length}`);
      state.on.add(to.name);
      return Promise.resolve();
    },
    powerOff: (node, why) => {
      done.push(`off ${node.name} ${why}`);
      state.on.delete(node.name);
      return Promise.resolve();
    },
    keepWord: (where, node, why) => {
      done.push(`word ${where.name} ${node} ${why}`);
      return Promise.resolve();
    },
    clusterNode: () => Promise.resolve(undefined),
    drain: () => Promise.reject(new Error("There is nothing to drain.")),
    losses: () => Promise.resolve(undefined),
    forget: () => Promise.resolve(),
    wait: (seconds) => {
      state.now += seconds;
      return Promise.resolve();
    },
    clock: () => state.now,
  };
  const said: string[] = [];
  const machines = { ...usual, ...change(usual, state) };
  return { power: { topology: house, machines, say: (line) => said.push(line) }, done, said };
}
