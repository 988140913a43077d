import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ManagedFileArgs } from "../../provider/sdk/remote";
import { scriptText } from "../../remote/run";
import { skippedHours } from "../../settings";
import { scriptFile } from "../unit-files";

/** Each unit has its scripts in a directory of its own: a unit that is removed takes them along. */
export const scriptPath = (unit: string, name: string) => `/usr/local/lib/homelab/${unit}/${name}.sh`;

/** One of this component's scripts. */
export const script = (unit: string, name: string): ManagedFileArgs =>
  scriptFile(scriptPath(unit, name), join(__dirname, "scripts", `${name}.sh`));

/** A script that is otherwise sent over SSH; it is given the same by standard input. */
export const agentScript = (unit: string, name: string): ManagedFileArgs => ({
  path: scriptPath(unit, name),
  content: scriptText(name),
  onChange: "nothing",
});

/** A node that is not woken, or does not sleep, on one day of the year: said before it happens. */
export function warnOfSkippedHours(key: string, moments: readonly string[], of: pulumi.Resource): void {
  for (const moment of moments)
    for (const sentence of skippedHours({ [key]: moment })) void pulumi.log.warn(sentence, of);
}
