import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionArgs } from "../../../remote/connection-args";
import { Unreachable } from "../../../packages/errors";
import {
  replicationStatus,
  replicationStep,
  walBytes,
  type ReplicationStatus,
} from "../../../remote/replication";
import { columns, confirmed } from "../../terminal";
import { withNodes } from "../nodes";
import type { PairNode, PairOptions } from "./nodes";
import { statusRows, type Member, type NodeStep, type Plan } from "./plan";

/** How long a step may take that copies no data, and one that does, seconds. */
const stepSeconds = 90;
const copySeconds = 4 * 3600;

const words: Record<NodeStep["verb"], string> = {
  fence: "stops, and does not start again",
  release: "starts again as what it was",
  "caught-up": "has all that was written",
  promote: "becomes primary",
  follow: "becomes a standby with the data that it has",
  copy: "sets its data aside and becomes a standby with a new copy",
};

/** The two servers, and whether to ask before something is done to them. */
export interface ReplicationPair {
  readonly yes: boolean;
  readonly connections: Readonly<Record<PairNode, ConnectionArgs>>;
}

export const inPair = <T>(options: PairOptions, act: (pair: ReplicationPair) => Promise<T>): Promise<T> =>
  withNodes(options, ({ connection }) =>
    act({
      yes: options.yes,
      connections: { storage: connection("storage"), desktop: connection("desktop") },
    }),
  );

export const otherOf = (node: PairNode): PairNode => (node === "storage" ? "desktop" : "storage");

export async function look(name: PairNode, { connections }: ReplicationPair): Promise<Member> {
  try {
    return { name, status: await replicationStatus(connections[name], new AbortController().signal) };
  } catch (error) {
    if (error instanceof Unreachable) return { name, status: undefined };
    throw error;
  }
}

export function show(members: readonly Member[]): void {
  const rows = members.flatMap((member) => statusRows(member, Math.floor(Date.now() / 1000)));
  for (const line of columns(rows)) process.stdout.write(`${line}\n`);
}

/** Does what was decided, once it is confirmed. @returns the exit code */
export async function carryOut(plan: Plan, args: ReplicationPair, node: PairNode): Promise<number> {
  if (plan.kind === "refused") {
    process.stderr.write(`${plan.sentence}\n`);
    return 1;
  }
  if (plan.kind === "nothing") {
    process.stdout.write(`${plan.sentence}\n`);
    return 0;
  }
  process.stdout.write("\n");
  for (const step of plan.steps) process.stdout.write(`→ ${step.node} ${words[step.verb]}\n`);
  if (!args.yes && !(await confirmed(`Type the node's name (${node}) to go on: `, node))) {
    process.stdout.write("Nothing was done.\n");
    return 1;
  }
  let fenced: { readonly node: PairNode; readonly standing: ReplicationStatus } | undefined;
  for (const step of plan.steps) {
    const began = Date.now();
    const at = step.node as PairNode;
    if (step.verb === "caught-up") {
      const behind = fenced === undefined ? undefined : await caughtUp(at, fenced.standing, args);
      if (fenced !== undefined && behind !== undefined) {
        await replicationStep(args.connections[fenced.node], { verb: "release" }, stepSeconds, quiet());
        process.stderr.write(`${behind} ${fenced.node} was started again; nothing was promoted.\n`);
        return 1;
      }
    } else {
      const seconds = step.verb === "copy" ? copySeconds : stepSeconds;
      const status = await replicationStep(args.connections[at], step, seconds, quiet());
      if (step.verb === "fence") fenced = { node: at, standing: status };
    }
    process.stdout.write(`${step.node}: done in ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
  }
  process.stdout.write("\n");
  show([await look("storage", args), await look("desktop", args)]);
  return 0;
}

const quiet = () => new AbortController().signal;

/** Waits until the standby has the last checkpoint of a server that was stopped cleanly. @returns why not, if it has not */
async function caughtUp(
  node: PairNode,
  stopped: ReplicationStatus,
  args: ReplicationPair,
): Promise<string | undefined> {
  if (stopped.state !== "shut down" || stopped.checkpoint === undefined) {
    return `The primary did not stop cleanly (${stopped.state ?? "unknown"}).`;
  }
  let received = "0/0";
  for (let tries = 0; tries < 60; tries += 1) {
    const { status } = await look(node, args);
    received = status?.replayed ?? received;
    // Its position is the beginning of the last record, and what was replayed ends after it.
    if (walBytes(stopped.checkpoint, received) > 0) return undefined;
    await sleep(500);
  }
  return `${node} has WAL up to ${received} only, and the primary ended at ${stopped.checkpoint}.`;
}
