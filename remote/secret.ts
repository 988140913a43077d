import { z } from "zod";
import { connectionSchema } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { podmanChanged, podmanOn, type SeenSecret } from "./podman";
import { runScript } from "./run";

/** The inputs of homelab:remote:Secret. */
export const secretSchema = z.strictObject({
  /** How to reach the node over SSH. */
  connection: connectionSchema,
  /** The podman secret's name. */
  name: z.string().regex(/^[a-z0-9]+([_-]+[a-z0-9]+)*$/, "must be a plain name such as postgres-password"),
  /** The value; travels by standard input and rests only in podman's secret store and, encrypted, in the state. */
  value: z.string().min(1),
  /**
   * What becomes of another value that the node has under this name.
   *   `replace`: the declared one takes its place.
   *   `adopt`:   it is taken over, so `value` is a proposal for a node that has none; a `value` that changed since the
   *              last run is a new password and takes its place.
   *   `keep`:    it is taken over, whatever `value` becomes: for a key without which what it encrypted is lost.
   *   `refuse`:  it stays and the run ends with a sentence: for a copy of such a key.
   * @default "replace"
   */
  existing: z.enum(["replace", "adopt", "keep", "refuse"]).optional(),
});

export type SecretSpec = z.infer<typeof secretSchema>;

/** What is done about a value that is there already; see agent/secret.sh. */
export type SecretVerb = "apply" | "adopt" | "restore" | "refuse";

/** A secret as it is on the node. */
export interface KeptSecret {
  /** podman's own; another one after each change. */
  readonly id: string;
  /** What it holds. */
  readonly value: string;
  /** The name under which another value, which this program had not put there, is kept. */
  readonly aside?: string;
}

type Named = Pick<SecretSpec, "connection" | "name">;

/** Exit code of agent/secret.sh where another value is there, which must stay. */
const anotherIsThere = 21;
/** Where one is there that neither the caller's state nor a mark says is this program's. */
const somebodyElses = 24;

/** Why a secret of somebody else's is left alone, and how it is adopted. */
export function refusal({ connection: { node }, name }: Named): string {
  return `The podman secret ${name} on ${node} is somebody else's: neither this stack's state nor a mark says that this program made it, so nothing of it was changed. To have it taken over, mark it on ${node} (podman secret inspect --showsecret --format '{{.SecretData}}' ${name} | head -c -1 | podman secret create --replace --label homelab=yes ${name} -); otherwise keep it under another name and remove this one; then run this again.`;
}

async function ask(
  { connection, name }: Named,
  verb: SecretVerb | "read" | "remove",
  value: string | undefined,
  signal: AbortSignal,
  known = false,
): Promise<Map<string, string>> {
  const given = value === undefined ? [] : [`value\t${Buffer.from(value, "utf8").toString("base64")}`];
  const lines = [`verb\t${verb}`, `name\t${name}`, ...(known ? ["known\tyes"] : []), ...given, "end"];
  const result = await runScript(connection, "secret", {
    stdin: `${lines.join("\n")}\n`,
    timeoutSeconds: 180,
    signal,
  }).finally(() => {
    podmanChanged(connection);
  });
  const where = `The podman secret ${name} on ${connection.node}`;
  if (result.code === anotherIsThere) {
    throw new RemoteError(
      `${where} holds another value than this run would put there, and what was encrypted with that one opens with nothing else. Nothing was changed. Either bring the former value back to where this one comes from, or set it aside: docs/runbooks/state.md says how.`,
    );
  }
  if (result.code === somebodyElses) throw new RemoteError(refusal({ connection, name }));
  if (result.code !== 0) throw new RemoteError(`${where} could not be set: ${result.stderr.trim()}`);
  return new Map(
    result.stdout.split("\n").flatMap((line) => {
      const [key = "", text] = line.split("\t");
      return text === undefined ? [] : [[key, text] as const];
    }),
  );
}

/** The secret on the node; undefined when it is not there. */
export async function observeSecret(secret: Named, signal: AbortSignal): Promise<SeenSecret | undefined> {
  return (await podmanOn(secret.connection, signal)).secrets.get(secret.name);
}

/**
 * Puts the value there, in the way that the verb says.
 * @param known whether the state says that this program put it there; otherwise only its mark does.
 * @returns what is there then: with `adopt` and `restore` that may be another value.
 */
export async function applySecret(
  secret: Named & { readonly value: string },
  signal: AbortSignal,
  verb: SecretVerb = "apply",
  known = false,
): Promise<KeptSecret> {
  const answer = await ask(secret, verb, secret.value, signal, known);
  const id = answer.get("id");
  const value = answer.get("value");
  if (id === undefined || value === undefined) {
    throw new RemoteError(
      `The podman secret ${secret.name} on ${secret.connection.node} was set, but the node did not say so to the end: run this again.`,
    );
  }
  const aside = answer.get("aside");
  return {
    id,
    value: Buffer.from(value, "base64").toString("utf8"),
    ...(aside === undefined ? {} : { aside }),
  };
}

/** What a secret on the node holds. @throws RemoteError when there is none */
export async function readSecret(secret: Named, signal: AbortSignal): Promise<string> {
  const value = (await ask(secret, "read", undefined, signal)).get("value");
  if (value === undefined)
    throw new RemoteError(
      `There is no podman secret ${secret.name} on ${secret.connection.node}: \`pulumi up\` of ${secret.connection.node} makes it.`,
    );
  return Buffer.from(value, "base64").toString("utf8");
}

export async function removeSecret(secret: Named, signal: AbortSignal): Promise<void> {
  await ask(secret, "remove", undefined, signal);
}
