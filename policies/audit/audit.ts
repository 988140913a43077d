/** `npm run --silent audit -- NODE`: what would be lost if a live node vanished now. */
import { parseArgs } from "node:util";
import type { ConnectionArgs } from "../../remote/connection-args";
import { RemoteError, errorMessage } from "../../packages/errors";
import { runScript } from "../../remote/run";
import { closeAll } from "../../remote/ssh";
import { identity } from "../../settings";
import { connectionOf, loadTopology, nodeNames, type Topology } from "../../topology";
import { engineTopology } from "../watch/topology";
import { parseSeen } from "./parse";
import { report } from "./report";
import { judgeSeen, undeclared, type Findings } from "./verdict";

const usage = `npm run --silent audit -- NODE [--topology FILE] [--identity KEY] [--no-remember]

Looks at a node over SSH and lists what would be lost if it vanished now. Exit 0: nothing, or all of it is declared
ephemeral, or the node is always on; 1: something is not declared; 2: could not look.`;

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
  const said = await runScript(connection, "audit", {
    stdin: `verb\t${remember ? "remember" : "look"}\nend\n`,
    timeoutSeconds: longest,
    signal: new AbortController().signal,
  });
  if (said.code !== 0) throw new RemoteError(`${connection.node}: ${said.stderr.trim()}`);
  return judgeSeen(parseSeen(said.stdout), connection.node, engineTopology(topology));
}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      topology: { type: "string", default: process.env.HOMELAB_TOPOLOGY ?? "topology.yaml" },
      identity: { type: "string" },
      "no-remember": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const name = nodeNames.find((known) => known === positionals[0]);
  if (name === undefined || positionals.length > 1) {
    throw new Error(`Say which node to look at, one of ${nodeNames.join(", ")}.\n${usage}`);
  }
  const topology = loadTopology(values.topology);
  const node = topology.nodes[name];
  const findings = await audit(
    connectionOf(node, identity(values.identity)),
    topology,
    !values["no-remember"],
  );
  process.stdout.write(report(name, findings));
  if (node.lifecycle === "always-on") {
    process.stdout.write(`${name} is always on, so it may keep all of this.\n`);
    return 0;
  }
  return undeclared(findings).length > 0 || findings.units.length > 0 ? 1 : 0;
}

if (require.main === module) {
  main(process.argv.slice(2))
    .catch((error: unknown) => {
      process.stderr.write(`${errorMessage(error)}\n`);
      return 2;
    })
    .then((code) => {
      process.exitCode = code;
      return closeAll();
    })
    .catch(() => {
      process.exitCode = 2;
    });
}
