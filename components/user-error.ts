import * as pulumi from "@pulumi/pulumi";
import { NotHandedOutError } from "../services";

/**
 * Ends a run with sentences for the person at the terminal, without a stack trace.
 *
 * Use it instead of RunError: Pulumi's run command inspects every uncaught error in full, also those of which it shows
 * the message only, and a rejected Output holds the whole program; that took up to 30 s. Without a stack it does not.
 * @see @pulumi/pulumi cmd/run/run.js uncaughtHandler, cmd/run/error.js defaultErrorMessage (3.259.0)
 */
export class UserError extends pulumi.RunError {
  constructor(message: string) {
    super(message);
    this.stack = "";
  }
}

/** The same function, whose complaint that storage does not hand something out is shown as a sentence. */
export const asUserErrors =
  <T, R>(of: (given: T) => R) =>
  (given: T): R => {
    try {
      return of(given);
    } catch (error) {
      throw error instanceof NotHandedOutError ? new UserError(error.message) : error;
    }
  };
