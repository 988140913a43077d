import { z } from "zod";
import type { ConnectionArgs } from "./connection-args";
import { RemoteError } from "../packages/errors";
import { runScript } from "./run";

const imageSchema = z.object({
  Id: z.string(),
  Names: z.array(z.string()).nullish(),
  RepoDigests: z.array(z.string()).nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
});

export interface SeenSecret {
  /** podman gives a new one at each change. */
  readonly id: string;
  /** Whether a mark says that this project put it there. */
  readonly marked: boolean;
}

/** What podman has on a node. */
export interface Podman {
  /** Each image by all its names: `host/name:tag` and `host/name@sha256:…`. */
  readonly images: ReadonlyMap<
    string,
    { readonly id: string; readonly labels: Readonly<Record<string, string>> }
  >;
  /** Each secret by its name. */
  readonly secrets: ReadonlyMap<string, SeenSecret>;
}

const lookSeconds = 90;
const looks = new Map<string, Promise<Podman>>();

/**
 * What podman has on a node. Each call of podman costs a tenth of a second and Pulumi compares one resource after the
 * other, so it is asked once, until {@link podmanChanged}.
 * @throws Unreachable, RemoteError as {@link runScript} does.
 */
export function podmanOn(connection: ConnectionArgs, signal: AbortSignal): Promise<Podman> {
  const known = looks.get(connection.node);
  if (known !== undefined) return known;
  const look = ask(connection, signal);
  looks.set(connection.node, look);
  look.catch(() => {
    podmanChanged(connection);
  });
  return look;
}

/** To be called after each change of an image or a secret: what was known is not true any more. */
export function podmanChanged(connection: ConnectionArgs): void {
  looks.delete(connection.node);
}

async function ask(connection: ConnectionArgs, signal: AbortSignal): Promise<Podman> {
  const result = await runScript(connection, "podman-look", {
    stdin: "end\n",
    timeoutSeconds: lookSeconds,
    signal,
  });
  if (result.code !== 0) {
    throw new RemoteError(`podman on ${connection.node} does not say what it has: ${result.stderr.trim()}`);
  }
  return parsePodman(result.stdout);
}

/** Reads the output of podman-look.sh. */
export function parsePodman(stdout: string): Podman {
  const rows = stdout.split("\n").map((line) => line.split("\t"));
  const [, listed = "[]"] = rows.find(([kind]) => kind === "images") ?? [];
  const images = z.array(imageSchema).parse(JSON.parse(listed));
  return {
    images: new Map(
      images.flatMap(({ Id: id, Names, RepoDigests, Labels }) =>
        [...(Names ?? []), ...(RepoDigests ?? [])].map(
          (name) => [name, { id, labels: Labels ?? {} }] as const,
        ),
      ),
    ),
    secrets: new Map(
      rows.flatMap(([kind, name = "", id = "", made]) =>
        kind === "secret" ? [[name, { id, marked: made === "yes" }] as const] : [],
      ),
    ),
  };
}
