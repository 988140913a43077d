import { CommanderError } from "commander";
import { errorMessage } from "../../packages/errors";
import { UsageError, wrongUsage } from "./command";
import { program, verbFirst } from "./program";

/**
 * Runs a command line. A mistake is a sentence on standard error.
 * @param args after `homelab`
 * @returns the exit code
 */
export async function run(args: readonly string[]): Promise<number> {
  const root = program();
  try {
    await root.parseAsync(verbFirst(root, args), { from: "user" });
    return root.exitCode;
  } catch (error) {
    // Help that was asked for ends well; help in the place of a command that is missing does not.
    if (error instanceof CommanderError) return error.code === "commander.helpDisplayed" ? 0 : wrongUsage;
    process.stderr.write(`${errorMessage(error)}\n`);
    return error instanceof UsageError ? wrongUsage : 1;
  }
}
