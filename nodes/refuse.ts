import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../components/user-error";

/** What the language host takes for a program that has failed and has said why. @see @pulumi/pulumi cmd/run/run.js */
const failedAndSaidWhy = 32;

/** Ends an up, and has a preview fail at its end, once it has shown all the rest. An error that is only logged fails nothing. */
export function refuse(sentence: string): void {
  if (!pulumi.runtime.isDryRun()) throw new UserError(`${sentence} Nothing was changed.`);
  void pulumi.log.error(sentence);
  process.once("exit", (code) => {
    if (code === 0) process.exitCode = failedAndSaidWhy;
  });
}
