import type { ConnectionArgs } from "../remote/connection-args";
import { RemoteError } from "../packages/errors";
import { runScript } from "../remote/run";
import { wakeInput } from "./wake-on-lan";

/** Why a node went off, as it is kept on storage; `on` when it said that it came. */
const words = ["on", "sleep", "schedule", "idle", "poweroff"] as const;
export type Word = (typeof words)[number];

/** A node's last word, and when it was said. */
export interface LastWord {
  readonly node: string;
  readonly why: Word;
  readonly at: Date;
}

/** What a machine that is on knows of power. */
export interface PowerSeen {
  readonly booted: Date;
  /** What keeps it on, or since when nothing does; undefined where nobody looks. */
  readonly use: string | undefined;
  /** Last words of other nodes. */
  readonly words: readonly LastWord[];
  /** When its timers will wake which node. */
  readonly wakes: readonly { readonly node: string; readonly at: Date }[];
}

/** A node as its cluster sees it. */
export interface ClusterNode {
  readonly ready: boolean;
  /** Who keeps new pods away: `ours` is the drain before a sleep, `other` somebody else. */
  readonly cordoned: "no" | "ours" | "other";
}

async function ask(
  connection: ConnectionArgs,
  script: string,
  given: Readonly<Record<string, string>>,
  timeoutSeconds = 30,
): Promise<string[][]> {
  const lines = Object.entries(given).map(([key, value]) => `${key}\t${value}\n`);
  const result = await runScript(connection, script, {
    stdin: `${lines.join("")}end\n`,
    timeoutSeconds,
    signal: new AbortController().signal,
  });
  if (result.code !== 0)
    throw new RemoteError(`${connection.node}: ${result.stderr.trim() || `${script} failed`}`);
  return result.stdout.split("\n").map((line) => line.split("\t"));
}

/** Has a node send a Wake-on-LAN packet to another of its network. */
export async function sendPacket(from: ConnectionArgs, address: string, packet: Buffer): Promise<void> {
  await ask(from, "wake", wakeInput(address, packet));
}

/** Tells a node to power off. It has begun to when this returns. */
export async function powerOff(connection: ConnectionArgs, why: Word): Promise<void> {
  await ask(connection, "power-off", { why });
}

/** Keeps a node's last word on another node. */
export async function keepWord(on: ConnectionArgs, node: string, why: Word): Promise<void> {
  await ask(on, "power-word", { node, why });
}

export async function lookAtPower(connection: ConnectionArgs): Promise<PowerSeen> {
  return parsePower(await ask(connection, "power-look", {}));
}

/** Pure part of {@link lookAtPower}. */
export function parsePower(rows: readonly (readonly string[])[]): PowerSeen {
  const of = (kind: string) => rows.filter(([first]) => first === kind).map((row) => row.slice(1));
  const date = (seconds: string | undefined) => new Date(Number(seconds) * 1_000);
  return {
    booted: date(of("booted")[0]?.[0]),
    use: of("use")[0]?.[0],
    words: of("word").flatMap(([node = "", said, at]) => {
      const why = words.find((known) => known === said);
      return why === undefined ? [] : [{ node, why, at: date(at) }];
    }),
    wakes: of("wakes")
      .filter(([, at]) => at !== undefined && /^\d+$/.test(at))
      .map(([node = "", at]) => ({ node, at: date(at) })),
  };
}

/** The node in the cluster whose server is on the machine; undefined where there is none, or the node is not in it. */
export async function clusterNode(
  server: ConnectionArgs,
  node: string,
  verb: "state" | "return",
): Promise<ClusterNode | undefined> {
  return parseClusterNode(await ask(server, "cluster-node", { verb, node }, 60));
}

/**
 * Empties a node of the cluster: no new pods, and those that are there go elsewhere.
 * @param all delete also pods that nothing recreates.
 */
export async function drainNode(
  server: ConnectionArgs,
  node: string,
  seconds: number,
  all: boolean,
): Promise<ClusterNode | undefined> {
  const given = { verb: "drain", node, seconds: String(seconds), ...(all ? { all: "yes" } : {}) };
  return parseClusterNode(await ask(server, "cluster-node", given, seconds + 120));
}

function parseClusterNode(rows: readonly (readonly string[])[]): ClusterNode | undefined {
  const value = (key: string) => rows.find(([first]) => first === key)?.[1];
  const cordoned = (["no", "ours", "other"] as const).find((known) => known === value("cordoned"));
  if (cordoned === undefined) return undefined;
  return { ready: value("ready") === "yes", cordoned };
}
