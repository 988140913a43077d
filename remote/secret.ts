import { z } from "zod";
import { connectionSchema } from "./connection-args";
import { RemoteError } from "./errors";
import { podmanChanged, podmanOn } from "./podman";
import { runScript } from "./run";

/** The inputs of homelab:remote:Secret; see provider/sdk/remote.ts for their meaning. */
export const secretSchema = z.strictObject({
  connection: connectionSchema,
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be a plain name such as postgres-password"),
  value: z.string().min(1),
});

export type SecretSpec = z.infer<typeof secretSchema>;

async function ask(secret: SecretSpec, verb: "apply" | "remove", signal: AbortSignal): Promise<string> {
  const value = verb === "apply" ? [`value\t${Buffer.from(secret.value, "utf8").toString("base64")}`] : [];
  const said = await runScript(secret.connection, "secret", {
    stdin: `${[`verb\t${verb}`, `name\t${secret.name}`, ...value, "end"].join("\n")}\n`,
    timeoutSeconds: 30,
    signal,
  }).finally(() => {
    podmanChanged(secret.connection);
  });
  if (said.code !== 0) {
    throw new RemoteError(
      `The podman secret ${secret.name} on ${secret.connection.node} could not be set: ${said.stderr.trim()}`,
    );
  }
  return said.stdout.trim();
}

/** The secret's id on the node; undefined when it is not there. podman gives a new one at each change. */
export async function observeSecret(secret: SecretSpec, signal: AbortSignal): Promise<string | undefined> {
  return (await podmanOn(secret.connection, signal)).secrets.get(secret.name);
}

/** Sets the secret; returns its new id. */
export function applySecret(secret: SecretSpec, signal: AbortSignal): Promise<string> {
  return ask(secret, "apply", signal);
}

export async function removeSecret(secret: SecretSpec, signal: AbortSignal): Promise<void> {
  await ask(secret, "remove", signal);
}
