import { walBytes, type ReplicationStatus, type Step } from "../../../remote/replication";
import type { NodeName } from "../../../topology";

/** What is to be done, in order; a step is one on a node. */
export type Plan =
  | { readonly kind: "refused"; readonly sentence: string }
  | { readonly kind: "nothing"; readonly sentence: string }
  | { readonly kind: "steps"; readonly steps: readonly NodeStep[] };

/** `caught-up`: the standby has all that the other, stopped cleanly, has written. */
export type NodeStep = { readonly node: NodeName } & (Step | { readonly verb: "caught-up" });

/** One of the two nodes. `standing` is undefined when the node does not answer by SSH. */
export interface Member {
  readonly name: NodeName;
  readonly status: ReplicationStatus | undefined;
}

export interface PromoteOptions {
  /** The primary answers: stop it cleanly first, and let it follow afterwards. */
  readonly switchOver: boolean;
  /** The primary may answer: somebody has made sure that no client reaches it. */
  readonly force: boolean;
}

const refused = (sentence: string): Plan => ({ kind: "refused", sentence });
const active = (status: ReplicationStatus | undefined) =>
  status !== undefined && !["inactive", "failed", "none"].includes(status.unit);

/** Why a server does not start; what it says in its journal when it is tried. */
const fenceText = (self: NodeName, primary: NodeName): string =>
  `${primary}'s PostgreSQL was promoted, so ${self}'s does not start: no two may take commits. Its data is kept. The way back: npx homelab rejoin ${self} (docs/runbooks/promote.md).`;

/** Decides about `promote`: makes `target` the primary of the two. */
export function planPromotion(target: Member, other: Member, options: PromoteOptions): Plan {
  const { status } = target;
  if (status === undefined) return refused(`${target.name} does not answer by SSH: turn it on first.`);
  if (status.unit === "none") {
    return refused(
      `${target.name} has no PostgreSQL of this project: see docs/components/postgres-replica.md.`,
    );
  }
  const fence: NodeStep = {
    node: other.name,
    verb: "fence",
    text: fenceText(other.name, target.name),
  };
  if (status.role === "primary" && active(status)) return finish(target, other, options, fence);
  if (!active(status) && !(options.force && status.role === "standby")) {
    return refused(
      `${target.name}'s PostgreSQL does not run (${status.unit}). ${status.fenced ?? `Look at it with \`systemctl status postgres\` there.`} When its data is the best there is, --force-after-fencing promotes it all the same.`,
    );
  }
  const promote: NodeStep = { node: target.name, verb: "promote" };
  const reachable = other.status !== undefined && other.status.unit !== "none";
  const alive = status.peer?.role === "primary" || (active(other.status) && other.status?.role !== "standby");
  if (options.switchOver) {
    if (!alive || !reachable || !status.streaming) {
      return refused(
        `A switch-over needs both: ${other.name}'s PostgreSQL must answer as primary, its machine by SSH, and ${target.name}'s must follow it. If ${other.name} is gone, leave --switch-over out.`,
      );
    }
    const follow: NodeStep = { node: other.name, verb: "follow" };
    return { kind: "steps", steps: [fence, { node: target.name, verb: "caught-up" }, promote, follow] };
  }
  if (alive && !options.force) {
    return refused(
      `${other.name}'s PostgreSQL is primary and answers: with ${target.name}'s promoted, two would take commits. To change over without loss: --switch-over. Only when it answers but you have made sure that no client reaches it: --force-after-fencing.`,
    );
  }
  return { kind: "steps", steps: [...(reachable ? [fence] : []), promote] };
}

/** It is primary already: what a run that was stopped left to do. */
function finish(target: Member, other: Member, { switchOver }: PromoteOptions, fence: NodeStep): Plan {
  const there = other.status;
  const nothing = `${target.name}'s PostgreSQL is primary already.`;
  if (there === undefined || there.unit === "none" || there.role === "standby") {
    const follow: NodeStep = { node: other.name, verb: "follow" };
    if (switchOver && there?.fenced !== undefined) return { kind: "steps", steps: [follow] };
    return { kind: "nothing", sentence: nothing };
  }
  const older = (there.timeline ?? 0) < (target.status?.timeline ?? 0);
  if (there.system !== target.status?.system || !older) {
    return refused(
      `${nothing} ${other.name}'s is no standby of it (system identifier ${there.system ?? "unknown"}, timeline ${there.timeline ?? "unknown"}): nothing was changed.`,
    );
  }
  return { kind: "steps", steps: [fence] };
}

/** Decides about `rejoin`: makes `target` a standby with a new copy of the other's data. */
export function planRejoin(target: Member, other: Member): Plan {
  const { status } = target;
  if (status === undefined) return refused(`${target.name} does not answer by SSH: turn it on first.`);
  if (status.unit === "none") {
    return refused(
      `${target.name} has no PostgreSQL of this project: see docs/components/postgres-replica.md.`,
    );
  }
  if (status.role === "primary" && active(status)) {
    return refused(
      `${target.name}'s PostgreSQL is primary and runs: it is not made a standby. To change over: npx homelab promote --switch-over ${other.name}.`,
    );
  }
  if (!active(other.status) || other.status?.role !== "primary") {
    return refused(
      `${other.name}'s PostgreSQL does not run as primary, so there is nothing to copy: start or promote it first (npx homelab promote shows how both stand).`,
    );
  }
  if (status.role === "standby" && status.streaming && status.system === other.status.system) {
    return { kind: "nothing", sentence: `${target.name}'s PostgreSQL follows ${other.name}'s already.` };
  }
  return { kind: "steps", steps: [{ node: target.name, verb: "copy" }] };
}

/** Rows of the table that is shown before anything is done. @param now seconds */
export function statusRows({ name, status }: Member, now: number): [what: string, is: string][] {
  if (status === undefined) return [[name, "does not answer by SSH"]];
  if (status.unit === "none") return [[name, "no PostgreSQL"]];
  const { contact, received } = status;
  const behind =
    contact === undefined || received === undefined
      ? undefined
      : Math.max(0, walBytes(received, contact.lsn));
  return [
    [
      name,
      `${status.role ?? "unknown"}, ${status.unit}, timeline ${status.timeline ?? "unknown"}${status.promoted === undefined ? "" : `, promoted ${status.promoted}`}`,
    ],
    ...(status.fenced === undefined ? [] : [["  fenced", status.fenced] as [string, string]]),
    ...(status.checkpoint === undefined
      ? []
      : [["  last checkpoint", `${status.checkpoint} (${status.state ?? "unknown"})`] as [string, string]]),
    ...status.followers.map(({ name: who, sync, bytes }): [string, string] => [
      `  followed by ${who}`,
      `${sync}, ${bytes} bytes behind`,
    ]),
    ...(status.role !== "standby" || status.received === undefined
      ? []
      : ([
          ["  has", `WAL up to ${status.received}, ${status.behind ?? 0} bytes of it not yet shown`],
          ["  follows now", status.streaming ? "yes" : "no"],
          [
            "  last contact",
            contact === undefined
              ? "not noted"
              : `${Math.max(0, now - contact.epoch)} s ago; ${behind ?? "unknown"} bytes of what the primary had then are not here`,
          ],
        ] as [string, string][])),
    ...status.former.map((path): [string, string] => ["  set aside", path]),
  ];
}
