import { createHash } from "node:crypto";

/** Tells changed values from the former ones without showing either. */
export function fingerprint(values: Readonly<Record<string, string>>): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(values).sort()))
    .digest("hex")
    .slice(0, 32);
}
