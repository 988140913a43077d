import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { ConnectionArgs } from "../../../remote/connection-args";
import { Unreachable } from "../../../packages/errors";
import { lookAtPair, pairStep, walBytes, type Standing } from "../../../remote/pair";
import { identity } from "../../../settings";
import { columns, confirmed } from "../../terminal";
import { connectionOf, loadTopology, type NodeName } from "../../../topology";
import { houseOptions } from "../command";
import { standingRows, type Member, type NodeStep, type Plan } from "./plan";

/** The two nodes that may have a server of the pair. */
export const pairNodes = ["storage", "desktop"] as const satisfies readonly NodeName[];
export type PairNode = (typeof pairNodes)[number];

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

export interface Given {
  readonly node: PairNode | undefined;
  readonly flags: ReadonlySet<string>;
  readonly yes: boolean;
  readonly connections: Readonly<Record<PairNode, ConnectionArgs>>;
}

/** The command's arguments. @throws Error with the usage for a wrong one */
export function given(flags: readonly string[], usage: string): Given {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...houseOptions,
      yes: { type: "boolean", default: false },
      ...Object.fromEntries(flags.map((flag) => [flag, { type: "boolean", default: false }] as const)),
    },
  });
  const [name] = positionals;
  const node = pairNodes.find((known) => known === name);
  if (positionals.length > 1 || (name !== undefined && node === undefined)) {
    throw new Error(`Say which node, storage or desktop: ${usage}`);
  }
  const { nodes } = loadTopology(values.topology);
  const key = identity(values.identity);
  return {
    node,
    flags: new Set(flags.filter((flag) => (values as Record<string, unknown>)[flag] === true)),
    yes: values.yes,
    connections: {
      storage: connectionOf(nodes.storage, key),
      desktop: connectionOf(nodes.desktop, key),
    },
  };
}

export const otherOf = (node: PairNode): PairNode => (node === "storage" ? "desktop" : "storage");

export async function look(name: PairNode, { connections }: Given): Promise<Member> {
  try {
    return { name, standing: await lookAtPair(connections[name], new AbortController().signal) };
  } catch (error) {
    if (error instanceof Unreachable) return { name, standing: undefined };
    throw error;
  }
}

export function show(members: readonly Member[]): void {
  const rows = members.flatMap((member) => standingRows(member, Math.floor(Date.now() / 1000)));
  for (const line of columns(rows)) process.stdout.write(`${line}\n`);
}

/** Does what was decided, once it is confirmed. @returns the exit code */
export async function carryOut(plan: Plan, args: Given, node: PairNode): Promise<number> {
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
  let fenced: { readonly node: PairNode; readonly standing: Standing } | undefined;
  for (const step of plan.steps) {
    const began = Date.now();
    const at = step.node as PairNode;
    if (step.verb === "caught-up") {
      const behind = fenced === undefined ? undefined : await caughtUp(at, fenced.standing, args);
      if (fenced !== undefined && behind !== undefined) {
        await pairStep(args.connections[fenced.node], { verb: "release" }, stepSeconds, quiet());
        process.stderr.write(`${behind} ${fenced.node} was started again; nothing was promoted.\n`);
        return 1;
      }
    } else {
      const seconds = step.verb === "copy" ? copySeconds : stepSeconds;
      const standing = await pairStep(args.connections[at], step, seconds, quiet());
      if (step.verb === "fence") fenced = { node: at, standing };
    }
    process.stdout.write(`${step.node}: done in ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
  }
  process.stdout.write("\n");
  show([await look("storage", args), await look("desktop", args)]);
  return 0;
}

const quiet = () => new AbortController().signal;

/** Waits until the standby has the last checkpoint of a server that was stopped cleanly. @returns why not, if it has not */
async function caughtUp(node: PairNode, stopped: Standing, args: Given): Promise<string | undefined> {
  if (stopped.state !== "shut down" || stopped.checkpoint === undefined) {
    return `The primary did not stop cleanly (${stopped.state ?? "unknown"}).`;
  }
  let received = "0/0";
  for (let tries = 0; tries < 60; tries += 1) {
    const { standing } = await look(node, args);
    received = standing?.replayed ?? received;
    // Its position is the beginning of the last record, and what was replayed ends after it.
    if (walBytes(stopped.checkpoint, received) > 0) return undefined;
    await sleep(500);
  }
  return `${node} has WAL up to ${received} only, and the primary ended at ${stopped.checkpoint}.`;
}
