import { z } from "zod";
import { RemoteError } from "../packages/errors";
import type { ConnectionArgs } from "./connection-args";
import { runScript } from "./run";

const name = z.string().min(1);
export const hostPort = z.string().regex(/^[^\s:]+:\d+$/, "must be host:port");

/** Where SeaweedFS is on a node. Its master and filer listen on loopback, and ask for no key. */
export const seaweedPlaceSchema = z.strictObject({
  /** Name of its container. */
  container: name,
  /** Its unit. */
  service: name,
  /** `host:port` of its master. */
  master: hostPort,
  /** `host:port` of its filer. */
  filer: hostPort,
});
export type SeaweedPlace = z.infer<typeof seaweedPlaceSchema>;

async function ask(
  connection: ConnectionArgs,
  verb: "shell" | "restart",
  place: SeaweedPlace,
  commands: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const { container, service, master, filer } = place;
  const text = Buffer.from(`${commands.join("\n")}\n`, "utf8").toString("base64");
  const result = await runScript(connection, "seaweedfs", {
    stdin: `verb\t${verb}\ncontainer\t${container}\nservice\t${service}\nmaster\t${master}\nfiler\t${filer}\ncommands\t${text}\nend\n`,
    timeoutSeconds: 180,
    signal,
  });
  if (result.code !== 0)
    throw new RemoteError(`SeaweedFS on ${connection.node} cannot be asked: ${result.stderr.trim()}`);
  return result.stdout;
}

/** What `weed shell` says to these commands. */
export const weedShell = (
  connection: ConnectionArgs,
  place: SeaweedPlace,
  commands: readonly string[],
  signal: AbortSignal,
): Promise<string> => ask(connection, "shell", place, commands, signal);

/** Starts it again, with what its secrets hold now. */
export async function restartSeaweed(
  connection: ConnectionArgs,
  place: SeaweedPlace,
  signal: AbortSignal,
): Promise<void> {
  await ask(connection, "restart", place, [], signal);
}
