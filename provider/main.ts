import { version } from "../package.json";
import { closeAll } from "../remote/ssh";
import { EngineLog } from "./engine-log";
import { onceOrphaned } from "./parent";
import { resourceTypes } from "./registry";
import { serve } from "./server";
import { errorMessage } from "../packages/errors";

/** Started by the Pulumi engine, which passes its own address and reads the port from the first line of output. */
async function main(): Promise<void> {
  const engine = process.argv.at(-1);
  if (!engine?.includes(":")) {
    throw new Error("This is started by Pulumi, as the provider of the homelab package: see Pulumi.yaml.");
  }
  const stop = new AbortController();
  onceOrphaned(() => {
    stop.abort();
    void closeAll().finally(() => process.exit(1));
    // A connection that is being made is not waited for.
    setTimeout(() => process.exit(1), 1_000);
  });
  const port = await serve({
    version,
    resourceTypes,
    log: new EngineLog(engine),
    signal: stop.signal,
    cancel: () => {
      stop.abort();
    },
  });
  process.stdout.write(`${port}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(1);
});
