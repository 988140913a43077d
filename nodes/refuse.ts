import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../components/user-error";

/** Ends an up, and has a preview fail at its end, once it has shown all the rest. */
export function refuse(sentence: string): void {
  if (!pulumi.runtime.isDryRun()) throw new UserError(`${sentence} Nothing was changed.`);
  void pulumi.log.error(sentence);
}
