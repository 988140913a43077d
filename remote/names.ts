import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { runScript } from "./run";

/** The names of the directories in a directory on a node; none when it is not there. */
export async function directoryNames(
  connection: ConnectionArgs,
  path: string,
  signal: AbortSignal,
): Promise<string[]> {
  const result = await runScript(connection, "names", {
    stdin: `path\t${path}\nend\n`,
    timeoutSeconds: 20,
    signal,
  });
  if (result.code !== 0)
    throw new RemoteError(`${path} on ${connection.node} cannot be read: ${result.stderr.trim()}`);
  return result.stdout.split("\n").filter((name) => name !== "");
}
