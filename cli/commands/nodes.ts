import type { ConnectionArgs } from "../../remote/connection-args";
import type { NodeName, Topology } from "../../topology";
import type { NodeOptions } from "../program/command";

/** The machines that a command works on. */
export interface NodeAccess {
  readonly topology: Topology;
  /** The private key; undefined for what the SSH agent holds. */
  readonly key: string | undefined;
  readonly connection: (node: NodeName) => ConnectionArgs;
}

/** Reads the topology, and closes every connection when the work is done. Nothing of it is loaded before. */
export async function withNodes<T>(options: NodeOptions, act: (nodes: NodeAccess) => Promise<T>): Promise<T> {
  const { connectionOf, loadTopology } = await import("../../topology");
  const { identity } = await import("../../settings");
  const { closeAll } = await import("../../remote/ssh");
  const topology = loadTopology(options.topology);
  const key = identity(options.identity);
  try {
    return await act({ topology, key, connection: (node) => connectionOf(topology.nodes[node], key) });
  } finally {
    await closeAll();
  }
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => {
  print(JSON.stringify(value, undefined, 2));
};
export const complain = (text: string): void => void process.stderr.write(`${text}\n`);
