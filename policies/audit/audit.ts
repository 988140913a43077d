/** What would be lost if a live node vanished now. */
import type { ConnectionArgs } from "../../remote/connection-args";
import { RemoteError } from "../../packages/errors";
import { runScript } from "../../remote/run";
import type { Topology } from "../../topology";
import { engineTopology } from "../watch/topology";
import { parseSeen } from "./parse";
import { judgeSeen, type Findings } from "./verdict";

/** Seconds for a look; sizes of large disks take long. */
const longest = 900;

/**
 * Looks at a node.
 *
 * @param remember keep the sizes on the node, so that the next look can say what grew
 * @throws RemoteError or Unreachable where the node cannot be looked at
 */
export async function audit(
  connection: ConnectionArgs,
  topology: Topology,
  remember: boolean,
): Promise<Findings> {
  const result = await runScript(connection, "audit", {
    stdin: `verb\t${remember ? "remember" : "look"}\nend\n`,
    timeoutSeconds: longest,
    signal: new AbortController().signal,
  });
  if (result.code !== 0) throw new RemoteError(`${connection.node}: ${result.stderr.trim()}`);
  return judgeSeen(parseSeen(result.stdout), connection.node, engineTopology(topology));
}
