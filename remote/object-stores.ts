import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { runScript } from "./run";

const engines = ["minio", "seaweedfs"] as const;
type Engine = (typeof engines)[number];

/** What an engine of the object store has on a node. */
export interface EngineData {
  /** Whether its directory is there. */
  readonly there: boolean;
  /** Whether there are objects in it. */
  readonly holds: boolean;
  /** Whether its unit is set up. */
  readonly runs: boolean;
}

/** What each engine of the object store has on a node, and the names of the directories in MinIO's: its buckets. */
export interface ObjectStores extends Readonly<Record<Engine, EngineData>> {
  readonly buckets: readonly string[];
}

/** @param directories where each engine keeps its data */
export async function objectStores(
  connection: ConnectionArgs,
  directories: Readonly<Record<Engine, string>>,
  signal: AbortSignal,
): Promise<ObjectStores> {
  const result = await runScript(connection, "object-stores", {
    stdin: `${engines.map((engine) => `${engine}\t${directories[engine]}\n`).join("")}end\n`,
    timeoutSeconds: 20,
    signal,
  });
  if (result.code !== 0)
    throw new RemoteError(
      `What the object store keeps on ${connection.node} cannot be read: ${result.stderr.trim()}`,
    );
  const lines = result.stdout.split("\n").map((line) => line.split("\t"));
  const of = (engine: Engine): EngineData => {
    const [, there, holds, runs] = lines.find(([key]) => key === engine) ?? [];
    return { there: there === "there", holds: holds === "holds", runs: runs === "runs" };
  };
  return {
    ...{ minio: of("minio"), seaweedfs: of("seaweedfs") },
    buckets: lines.flatMap(([key, name]) => (key === "bucket" && name !== undefined ? [name] : [])),
  };
}
