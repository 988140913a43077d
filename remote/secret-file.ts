import { createHash } from "node:crypto";
import { z } from "zod";
import { connectionSchema } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { runScript } from "./run";

/** The inputs of homelab:remote:SecretFile. */
export const secretFileSchema = z.strictObject({
  /** How to reach the node over SSH. */
  connection: connectionSchema,
  /** Absolute path of a file that a program on the node writes. */
  path: z.string().regex(/^\/[A-Za-z0-9._@/-]+$/, "must be an absolute path of plain characters"),
  /** Anything whose change means that it was written again. @default it is read once */
  readAgainOn: z.record(z.string(), z.string()).default({}),
  /** How long to wait for it, seconds. @default 60 */
  timeoutSeconds: z.int().min(0).max(600).default(60),
});

export type SecretFileSpec = z.infer<typeof secretFileSchema>;

/** Tells nothing about a content that nobody can guess; of others do not keep it. */
export const fingerprintOf = (content: string) => createHash("sha256").update(content).digest("hex");

/**
 * The text of a file that a program on the node writes; undefined when it is not there in time.
 * @throws RemoteError when it cannot be read.
 */
export async function readSecretFile(
  file: SecretFileSpec,
  seconds: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const result = await runScript(file.connection, "secret-file", {
    stdin: `path\t${file.path}\nseconds\t${seconds}\nend\n`,
    timeoutSeconds: seconds + 30,
    signal,
  });
  if (result.code !== 0) {
    throw new RemoteError(
      `${file.path} on ${file.connection.node} could not be read: ${result.stderr.trim() || "no reason given"}`,
    );
  }
  const [kind, content = ""] = result.stdout.trim().split("\t");
  return kind === "content" ? Buffer.from(content, "base64").toString("utf8") : undefined;
}
