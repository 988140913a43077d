import { run } from "./program/run";

// Whoever reads has seen enough: `homelab --help | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

void run(process.argv.slice(2)).then((code) => {
  // Not process.exit: a pipe may still be taking what was written.
  process.exitCode = code;
});
