import type { ParseArgsConfig } from "node:util";
import { closeAll } from "../../remote/ssh";
import { errorMessage } from "../../packages/errors";

/** Options that the commands have in common: which house, and the key to its machines. */
export const houseOptions = {
  topology: { type: "string", default: "topology.yaml" },
  identity: { type: "string" },
} as const satisfies NonNullable<ParseArgsConfig["options"]>;

/**
 * Runs a command: a mistake is a sentence and exit code 1, and no connection keeps the process.
 * @param main may return the exit code. @default 0
 */
export function runCommand(main: () => Promise<unknown>): void {
  main()
    .then((code) => {
      if (typeof code === "number") process.exitCode = code;
    })
    .catch((error: unknown) => {
      process.stderr.write(`${errorMessage(error)}\n`);
      process.exitCode = 1;
    })
    .finally(closeAll);
}
