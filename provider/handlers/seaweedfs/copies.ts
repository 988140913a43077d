import type { ContentsInputs } from "./inputs";

/** The volumes, as `volume.list` of `weed shell` prints them (each once for every node that has it), and `cluster.ps`. */
interface Volumes {
  /** Replication of each volume, by its number. */
  readonly replication: ReadonlyMap<string, string>;
  /** Nodes whose volume server answers, as racks. */
  readonly nodes: ReadonlySet<string>;
}

/** @throws Error for an answer that holds none. */
export function volumesOf(said: string): Volumes {
  if (!/^Topology /m.test(said)) throw new Error("SeaweedFS does not say which volumes it has.");
  return {
    replication: new Map(
      [...said.matchAll(/\bId:(\d+), .*?ReplicaPlacement:(\d+)/g)].map(([, id = "", found = ""]) => [
        id,
        found,
      ]),
    ),
    // A rack stays in the list without its server, when that is stopped.
    nodes: new Set([...said.matchAll(/^ *\* rack: (\S+)\n *\* \S+:\d+ \(/gm)].map(([, rack = ""]) => rack)),
  };
}

/** That volumes are kept otherwise than declared, and the commands that put it right. */
export interface CopyDifference {
  readonly says: string;
  readonly commands: readonly string[];
}

/**
 * How the volumes differ from: each is kept as often as declared. Making the second one takes its time, so the master does that by
 * itself, and sees to it every few minutes.
 * @throws Error while the node with the second copy does not answer: nothing can be put then, and no run mends that.
 */
export function copyDifferences(
  { copies: { replication, other }, connection }: Pick<ContentsInputs, "copies" | "connection">,
  volumes: Volumes,
): CopyDifference[] {
  if (other !== undefined && !volumes.nodes.has(other.node))
    throw new Error(
      `${other.node} keeps the second copy of each object, and SeaweedFS there is not known to the one on ${connection.node}: nothing can be put until it is. Look at \`systemctl status seaweedfs\` on ${other.node}.`,
    );
  const wrong = [...volumes.replication].filter(([, found]) => found !== replication);
  if (wrong.length === 0) return [];
  return [
    {
      says: `${wrong.length} of ${volumes.replication.size} volumes are kept ${other === undefined ? "twice, and should be kept once" : `once, and should be kept on ${other.node} too`}.`,
      commands: ["lock", `volume.configure.replication -replication ${replication}`, "unlock"],
    },
  ];
}

/** Buckets that the other node's filer has. @param said by `fs.ls /buckets` of `weed shell` */
export const bucketsOf = (said: string): string[] =>
  said
    .split("\n")
    .map((line) => line.trim().replace(/^> /, ""))
    .filter((line) => /^[a-z0-9][a-z0-9-]*$/.test(line));
