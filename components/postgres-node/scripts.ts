import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Scripts that run in the container, as they lie in ./scripts. */
export function script(
  name:
    | "10-house.sh"
    | "auto-conf.sh"
    | "postgres.sh"
    | "ready.sh"
    | "settle.sh"
    | "start.sh"
    | "peer.sh"
    | "standing.sh"
    | "guard.sh",
): string {
  return readFileSync(join(__dirname, "scripts", name), "utf8");
}
