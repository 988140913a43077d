/** `npm run --silent policy -- check …`: the placement rule for plain files. */
import { check } from "./check/check";
import { usage } from "./check/options";

function main(args: readonly string[]): number {
  const [command, ...rest] = args;
  if (command !== "check" || rest.includes("--help")) {
    const asked = command === "--help" || command === "help" || rest.includes("--help");
    (asked ? process.stdout : process.stderr).write(`${usage}\n`);
    return asked ? 0 : 2;
  }
  const colour = process.stdout.isTTY && (process.env.NO_COLOR ?? "") === "";
  const { code, stdout, stderr } = check(rest, colour);
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  return code;
}

// Not process.exit: a pipe may still be taking what was written.
process.exitCode = main(process.argv.slice(2));
