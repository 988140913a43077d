import type { z } from "zod";

/** Says something to the person at the terminal, beside the resource it is about. Never pass a secret. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

/** What a handler is given beside its inputs. */
export interface Context {
  readonly log: Logger;
  /** Aborted when the engine cancels the run: stop waiting, leave the machine as it is. */
  readonly signal: AbortSignal;
}

/** What a preview says of a change before it is made: a sentence each. */
export interface PlannedChange {
  /** What would be done, and what to know. */
  readonly notes: readonly string[];
  /** Preconditions that are not met yet, which this run may create. */
  readonly unmet: readonly string[];
  /** What no run puts right: the preview fails, so that nothing is touched. */
  readonly errors: readonly string[];
}

/**
 * One kind of resource of the `homelab` provider.
 *
 * The contract keeps every kind convergent: `apply` creates or repairs and may be run at any time, `drift` only
 * looks. The server (./server.ts) builds create, update, diff, read and delete of the Pulumi protocol from these.
 *
 * @typeParam I the inputs, plain: secrets are unwrapped before a handler sees them and wrapped again after.
 */
export interface Handler<I extends object> {
  /** The Pulumi type, `homelab:<module>:<Name>`. */
  readonly type: string;
  /** Validates and completes the inputs. A failure is shown before anything is touched. */
  readonly inputs: z.ZodType<I>;
  /** Inputs which name the thing: another value is another thing, so a change replaces. */
  readonly replaceOn: readonly (keyof I & string)[];
  /** The id under which the state keeps it, from the identity inputs alone. */
  id(inputs: I): string;
  /**
   * How the live thing differs from `inputs`: one sentence a difference, without secrets; none when it is as
   * declared. A sentence "… is missing" is a difference too.
   * @param outputs what `apply` returned last, as the state has it.
   * @throws Unreachable when the node does not answer: the caller then knows nothing and says so.
   */
  drift(inputs: I, ctx: Context, outputs: Record<string, unknown>): Promise<string[]>;
  /**
   * What making it would do, for a preview. Only looks.
   * @param previous the inputs of the last run, as the state has them; undefined when it is to be made for the first time.
   */
  plan?(inputs: I, ctx: Context, previous: I | undefined): Promise<PlannedChange>;
  /** Inputs that `plan` does not look at, so that it is asked also while they are not known yet. @default none */
  readonly planIgnores?: readonly (keyof I & string)[];
  /**
   * Makes it so, whatever is there now; returns further outputs (never secret unless listed in `secretOutputs`).
   * @param previous the inputs of the last run, and
   * @param outputs what it returned, as the state has both; undefined when it is made for the first time.
   */
  apply(
    inputs: I,
    ctx: Context,
    previous: I | undefined,
    outputs?: Record<string, unknown>,
  ): Promise<Record<string, unknown>>;
  /** Takes the thing away, never its data; says where the data stays. Fine when it is gone already. */
  remove(inputs: I, ctx: Context): Promise<void>;
  /** Names of outputs of `apply` that are secret. */
  readonly secretOutputs?: readonly string[];
}
