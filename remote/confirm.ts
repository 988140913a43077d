import { setTimeout as sleep } from "node:timers/promises";
import { clause, errorMessage, RemoteError } from "../packages/errors";
import type { ConnectionArgs } from "./connection-args";
import { runScript } from "./run";
import { link, renew } from "./ssh";

/** For how long a new connection is tried: what was changed may itself have to come up. */
const patienceMs = 25_000;

/**
 * Tells a node, by a new SSH connection, that whoever made a change there is still let in: what was armed to undo it goes.
 * @param change name under which the node keeps what was before.
 * @param what was changed, for a sentence.
 * @throws RemoteError when no new connection comes through: the node puts back what was by itself.
 */
export async function confirm(
  connection: ConnectionArgs,
  change: string,
  what: string,
  signal: AbortSignal,
): Promise<void> {
  const why = await reachedAnew(connection, change, signal);
  if (why === undefined) return;
  throw new RemoteError(
    `${what} on ${connection.node} was changed, and no new SSH connection confirms it: ${clause(why)}. The node puts back by itself what was before, within two minutes. Look at what would have closed SSH to this machine, then run this again.`,
  );
}

/** Confirms over a new connection. @returns why that was not possible, if it was not. */
async function reachedAnew(connection: ConnectionArgs, change: string, signal: AbortSignal) {
  const end = Date.now() + patienceMs;
  for (;;) {
    renew(connection);
    try {
      const said = await runScript(connection, "undo-confirm", {
        ...{ stdin: `name\t${change}\nend\n`, timeoutSeconds: 25, signal },
      });
      return said.code === 0 ? undefined : said.stderr.trim();
    } catch (error) {
      signal.throwIfAborted();
      if (Date.now() > end) return errorMessage(error);
    }
    await sleep(1_000, undefined, { signal });
  }
}

/** Is a node still reached by a new connection? @returns why it is not, if it is not. */
export async function answersAnew(connection: ConnectionArgs): Promise<string | undefined> {
  renew(connection);
  try {
    await link(connection);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}
