import { Unreachable } from "../../packages/errors";
import type { ConnectionArgs } from "../../remote/connection-args";
import { reachable } from "../../remote/reachable";
import { recentFailure } from "../../remote/ssh";
import type { Context, Handler } from "../handler";

/** One way in which what a server has is not as declared, and what puts it right. */
export interface Difference {
  /** A sentence without secrets. */
  readonly says: string;
  readonly mend: () => Promise<unknown>;
}

/** fetch says nothing but that it failed; why is beneath. */
export function why(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * A handler's `drift` for what a server on a node has, asked by the server's own API.
 * @param cannot the sentence for a server that could not be asked: what could not be looked at is not as declared.
 * @throws Unreachable when the node is off
 */
export async function seen(
  connection: ConnectionArgs,
  { signal }: Pick<Context, "signal">,
  look: () => Promise<readonly Difference[]>,
  cannot: (error: unknown) => string,
): Promise<string[]> {
  // The other resources of a node that is off have waited for it already.
  const failure = recentFailure(connection);
  if (failure instanceof Unreachable) throw failure;
  try {
    return (await look()).map(({ says }) => says);
  } catch (error) {
    signal.throwIfAborted();
    if (!(await reachable(connection.host, connection.port, connection.mesh)))
      throw new Unreachable(cannot(error));
    return [cannot(error)];
  }
}

/**
 * A handler's `apply`: what differs is mended, and then seen to be gone.
 * @param rounds how often is looked again: mending one difference may show others.
 * @throws Error with the sentences of what is still not as declared
 */
async function mended(
  { signal, log }: Context,
  rounds: number,
  look: () => Promise<readonly Difference[]>,
): Promise<void> {
  for (let round = 1; ; round += 1) {
    const found = await look();
    if (found.length === 0) return;
    if (round > rounds) throw new Error(found.map(({ says }) => says).join("\n"));
    for (const { says, mend } of found) {
      signal.throwIfAborted();
      await mend();
      log.info(`Put right: ${says}`);
    }
  }
}

interface Asked {
  readonly connection: ConnectionArgs;
  /** URL at which the server is asked. */
  readonly endpoint: string;
}

/**
 * `drift` and `apply` for what a server has that is asked at an endpoint.
 * @param server its name in sentences
 * @param rounds see {@link mended}
 */
export const compared = <I extends Asked>(
  server: string,
  rounds: number,
  look: (inputs: I, signal: AbortSignal) => Promise<readonly Difference[]>,
): Pick<Handler<I>, "drift" | "apply"> => ({
  drift: (inputs, ctx) =>
    seen(
      inputs.connection,
      ctx,
      () => look(inputs, ctx.signal),
      (error) =>
        `${server} on ${inputs.connection.node} cannot be compared at ${inputs.endpoint}: ${why(error)}`,
    ),
  async apply(inputs, ctx) {
    await mended(ctx, rounds, () => look(inputs, ctx.signal));
    return {};
  },
});
