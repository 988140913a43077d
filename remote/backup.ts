import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { runScript } from "./run";

/** A restore of everything takes as long as the disk needs. */
const timeoutSeconds = 24 * 3600;

/** Exit code of a verb that has shown what it would replace, and waits for `--yes`. */
export const askingCode = 4;

/**
 * Runs a verb of the backup on the node that collects it.
 * @param words the verb and what it is given; see components/backup-server/scripts/restore.sh.
 * @returns what it prints; its code is 0, or askingCode.
 * @throws RemoteError with its last sentence; what it said before was given to `progress`.
 */
export async function backupCommand(
  connection: ConnectionArgs,
  words: readonly string[],
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<{ readonly code: number; readonly stdout: string }> {
  const encoded = words.map((word) => `word\t${Buffer.from(word, "utf8").toString("base64")}\n`);
  const result = await runScript(connection, "backup", {
    stdin: `${encoded.join("")}end\n`,
    timeoutSeconds,
    signal,
    onStderr: progress,
  });
  if (result.code !== 0 && result.code !== askingCode) {
    throw new RemoteError(
      `${words[0] ?? "It"} failed on ${connection.node} (exit code ${result.code}): see above.`,
    );
  }
  return { code: result.code, stdout: result.stdout };
}
