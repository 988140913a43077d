import { z } from "zod";
import { RemoteError } from "../packages/errors";
import { connectionSchema, type ConnectionArgs } from "./connection-args";
import { rowsOf, runScript } from "./run";

export const plainName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "must be a plain name such as tailscale");
export const tag = z.string().regex(/^tag:[a-z][a-z0-9-]*$/, "must be a tag such as tag:storage");

/** Where headscale runs. */
export const coordinatorSchema = z.strictObject({
  /** How to reach its node over SSH. */
  connection: connectionSchema,
  /** Name of its container; its unit has the same. */
  container: plainName,
});

const lines = (rows: readonly (readonly [string, string])[]) =>
  `${rows.map((row) => row.join("\t")).join("\n")}\nend\n`;
export const decoded = (text: string | undefined) => Buffer.from(text ?? "", "base64").toString("utf8");
export const encoded = (text: string) => Buffer.from(text, "utf8").toString("base64");

/** What a script about the mesh says on a node, by key. */
export async function answers(
  connection: ConnectionArgs,
  script: string,
  rows: readonly (readonly [string, string])[],
  seconds: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const said = await runScript(connection, script, {
    ...{ stdin: lines(rows), timeoutSeconds: seconds, signal },
  });
  if (said.code !== 0) {
    throw new RemoteError(
      `The mesh on ${connection.node}: ${said.stderr.trim() || `${script} ended with ${said.code}`}`,
    );
  }
  return new Map(rowsOf(said.stdout).map(([key = "", value = ""]) => [key, value]));
}
