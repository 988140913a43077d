/** `npx homelab policy check …`: the placement rule for plain files; `admission …`: for a cluster. */
import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { check } from "./check/check";
import type { Bounds } from "./check/check";
import { usage } from "./check/options";
import { readTopology } from "./check/topology";

function main(args: readonly string[]): number {
  const [command, ...rest] = args;
  if (command === "admission") return admission(rest[0] ?? "topology.yaml");
  if (command !== "check" || rest.includes("--help")) {
    const asked = command === "--help" || command === "help" || rest.includes("--help");
    (asked ? process.stdout : process.stderr).write(`${usage}\n`);
    return asked ? 0 : 2;
  }
  const bounds = boundsOf(workerData);
  const isTTY = bounds?.isTTY ?? process.stdout.isTTY;
  const { code, stdout, stderr } = check(rest, isTTY && (process.env.NO_COLOR ?? "") === "", bounds);
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  return code;
}

/** What the thread was told by check/bounds.cjs, and how it tells how far it is. */
function boundsOf(given: unknown): (Bounds & { readonly isTTY: boolean }) | undefined {
  if (parentPort === null) return undefined;
  const port = parentPort;
  const { isTTY, refused, progress } = given as {
    isTTY: boolean;
    refused: Readonly<Record<string, string>>;
    progress: Int32Array;
  };
  return {
    isTTY,
    refused,
    onFiles: (paths) => {
      port.postMessage({ paths });
    },
    onFile: (index) => {
      Atomics.store(progress, 0, index + 1);
    },
  };
}

/** Prints the objects for `kubectl apply -f -`. Loaded only here: the check needs none of it. */
function admission(file: string): number {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- for the start of the check, which is timed
    const { admissionYaml } = require("./admission") as typeof import("./admission");
    process.stdout.write(admissionYaml(readTopology(readFileSync(file, "utf8"), file)));
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  }
}

// Not process.exit: a pipe may still be taking what was written.
process.exitCode = main(process.argv.slice(2));
