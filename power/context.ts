import type { ConnectionArgs } from "../remote/connection-args";
import type { ClusterNode, PowerSeen, Word } from "./on-node";
import type { Node, NodeName, Topology } from "../topology";

/** The machines, as waking and sleeping need them; tests put others in their place. */
export interface Machines {
  /** Does sshd's port accept connections? */
  readonly answers: (node: Node) => Promise<boolean>;
  /** Asks over SSH, so that the host key is checked. */
  readonly look: (node: Node) => Promise<PowerSeen>;
  readonly sendPacket: (from: Node, to: Node, packet: Buffer) => Promise<void>;
  readonly powerOff: (node: Node, why: Word) => Promise<void>;
  readonly keepWord: (on: Node, node: NodeName, why: Word) => Promise<void>;
  readonly clusterNode: (
    server: Node,
    node: NodeName,
    verb: "state" | "return",
  ) => Promise<ClusterNode | undefined>;
  readonly drain: (
    server: Node,
    node: NodeName,
    seconds: number,
    all: boolean,
  ) => Promise<ClusterNode | undefined>;
  /** What would be lost with the node, as text for people; undefined when nothing would. */
  readonly losses: (node: Node) => Promise<string | undefined>;
  /** Forgets what is known of connections, so that the next question connects anew. */
  readonly forget: () => Promise<void>;
  readonly wait: (seconds: number) => Promise<void>;
  /** Seconds, going forward only. */
  readonly clock: () => number;
}

/** What a command is given. */
export interface Power {
  readonly topology: Topology;
  readonly machines: Machines;
  /** A line for the person at the terminal. */
  readonly say: (line: string) => void;
}

/** A refusal or a failure, in sentences for the person who asked. */
export class PowerError extends Error {
  override readonly name = "PowerError";
}

export type ConnectionTo = (node: Node) => ConnectionArgs;

/** Whole seconds, as people read them. */
export const seconds = (count: number): string => `${Math.round(count)} s`;

/** A moment in local time, as people read it. */
export const moment = (date: Date): string => date.toLocaleString("sv-SE").slice(0, 16);
