import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { runScript } from "./run";

/** How one of two PostgreSQL servers stands; what is not known is left out. */
export interface ReplicationStatus {
  /** State of its unit, or `none`: there is no PostgreSQL of this project on the node. */
  readonly unit: string;
  readonly role?: "primary" | "standby";
  /** Where its data is on the node. */
  readonly data?: string;
  /** Why it does not start. */
  readonly fenced?: string;
  /** When it was promoted. */
  readonly promoted?: string;
  /** Tells a cluster from every other. */
  readonly system?: string;
  readonly timeline?: number;
  /** Of a standby: WAL positions, bytes that it has but does not show yet, whether it is connected. */
  readonly received?: string;
  readonly replayed?: string;
  readonly behind?: number;
  readonly streaming: boolean;
  /** Of a standby: when the primary was last heard of, in seconds, and the end of its WAL then. */
  readonly contact?: { readonly epoch: number; readonly lsn: string };
  /** Of a server that is stopped: its last checkpoint, and how it was stopped. */
  readonly checkpoint?: string;
  readonly state?: string;
  /** Of a primary: who follows. */
  readonly followers: readonly { readonly name: string; readonly sync: string; readonly bytes: number }[];
  /** What the other server says of itself when it is asked from here; nothing when it does not answer. */
  readonly peer?: { readonly role: string; readonly system: string; readonly timeline: number };
  /** Data that was set aside for a copy. */
  readonly former: readonly string[];
}

/** Reads the output of pair.sh. */
export function parseReplicationStatus(stdout: string): ReplicationStatus {
  const rows = stdout.split("\n").map((line) => line.split("\t"));
  const all = (key: string) => rows.filter(([first]) => first === key).map(([, ...rest]) => rest);
  const one = (key: string) => all(key)[0]?.[0];
  const given = <K extends string, T>(key: K, value: T | undefined) =>
    (value === undefined ? {} : { [key]: value }) as Readonly<Partial<Record<K, T>>>;
  const number = (key: string) => (one(key) === undefined ? undefined : Number(one(key)));
  const role = one("role");
  const [contact] = all("contact");
  const [peer] = all("peer");
  return {
    unit: one("unit") ?? "unknown",
    ...(role === "primary" || role === "standby" ? { role } : {}),
    ...given("data", one("data")),
    ...given("fenced", one("fenced")),
    ...given("promoted", one("promoted")),
    ...given("system", one("system")),
    ...given("timeline", number("timeline")),
    ...given("received", one("received")),
    ...given("replayed", one("replayed")),
    ...given("behind", number("behind")),
    streaming: one("streaming") === "t",
    ...given("contact", contact && { epoch: Number(contact[0]), lsn: contact[1] ?? "" }),
    ...given("checkpoint", one("checkpoint")),
    ...given("state", one("state")),
    followers: all("follower").map(([name = "", , sync = "", bytes = "0"]) => ({
      name,
      sync,
      bytes: Number(bytes),
    })),
    ...given(
      "peer",
      peer && { role: peer[0] ?? "", system: peer[1] ?? "", timeline: Number(peer[2] ?? "0") },
    ),
    former: all("former").map(([path = ""]) => path),
  };
}

export type Step =
  /** Stops the server; it does not start again, and takes no writes, until one of the others. */
  | { readonly verb: "fence"; readonly text: string }
  /** Takes a fence back and starts the server as what it was. */
  | { readonly verb: "release" }
  | { readonly verb: "promote" }
  /** Makes it a standby with the data that it has. */
  | { readonly verb: "follow" }
  /** Sets its data aside and makes it a standby with a copy of the other's. */
  | { readonly verb: "copy" };

/**
 * @throws RemoteError with a sentence when the step could not be done; it may be done again.
 * @throws Unreachable when the node does not answer.
 */
export async function replicationStep(
  connection: ConnectionArgs,
  step: Step | { readonly verb: "look" },
  seconds: number,
  signal: AbortSignal,
): Promise<ReplicationStatus> {
  const text = step.verb === "fence" ? [`text\t${step.text}`] : [];
  const result = await runScript(connection, "pair", {
    stdin: `${[`verb\t${step.verb}`, `seconds\t${seconds}`, ...text, "end"].join("\n")}\n`,
    // A stop that ends with a checkpoint, a start, and the wait itself.
    timeoutSeconds: 2 * seconds + 300,
    signal,
  });
  if (result.code !== 0)
    throw new RemoteError(`${connection.node}: ${result.stderr.trim() || "no reason given"}`);
  return parseReplicationStatus(result.stdout);
}

export function replicationStatus(
  connection: ConnectionArgs,
  signal: AbortSignal,
): Promise<ReplicationStatus> {
  return replicationStep(connection, { verb: "look" }, 30, signal);
}

/** Bytes between two WAL positions such as `0/3000148`. */
export function walBytes(from: string, to: string): number {
  const at = (lsn: string) => {
    const [high = "0", low = "0"] = lsn.split("/");
    return parseInt(high, 16) * 2 ** 32 + parseInt(low, 16);
  };
  return at(to) - at(from);
}
