import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { rowsOf, runScript } from "./run";

/** A directory with data on a node. */
export interface KeptData {
  /** False when the unit that wrote it was removed: the data was left behind. */
  readonly used: boolean;
  readonly service: string;
  readonly path: string;
  readonly bytes: number;
}

async function ask(
  connection: ConnectionArgs,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<string[][]> {
  const result = await runScript(connection, "data", {
    stdin: `${[...lines, "end"].join("\n")}\n`,
    timeoutSeconds: 900,
    signal,
  });
  if (result.code !== 0) throw new RemoteError(`${connection.node}: ${result.stderr.trim()}`);
  return rowsOf(result.stdout);
}

/** Every directory that this project's units keep on a node, or kept. */
export async function listData(connection: ConnectionArgs, signal: AbortSignal): Promise<KeptData[]> {
  const rows = await ask(connection, ["verb\tlist"], signal);
  return rows.map(([how, service = "", path = "", bytes = "0"]) => ({
    used: how === "used",
    service,
    path,
    bytes: Number(bytes),
  }));
}

/**
 * Deletes directories that removed units left behind.
 * @throws RemoteError when one of them is something else; then nothing is deleted.
 */
export async function deleteData(
  connection: ConnectionArgs,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await ask(connection, ["verb\tdelete", ...paths.map((path) => `path\t${path}`)], signal);
}
