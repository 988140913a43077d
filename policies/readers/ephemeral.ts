/** The declaration that what is kept may be lost, in the words of labels and annotations. */
import type { EphemeralDeclaration } from "../engine/facts";
import { textMap } from "./values";

/** Reads `homelab.dev/ephemeral` and `homelab.dev/ephemeral-volumes` from maps of labels or annotations. */
export function ephemeralFrom(...maps: readonly unknown[]): EphemeralDeclaration | undefined {
  const all: Record<string, string> = {};
  for (const map of maps) {
    for (const [key, value] of Object.entries(textMap(map))) {
      if ((all[key] ?? "").trim() === "") all[key] = value;
    }
  }
  const reason = all["homelab.dev/ephemeral"];
  if (reason === undefined) return undefined;
  const volumes = all["homelab.dev/ephemeral-volumes"];
  // A bare switch is not a reason.
  const given = /^(true|yes|on|1|false|no|off|0|null|~)$/i.test(reason.trim()) ? "" : reason;
  if (volumes === undefined) return { reason: given };
  const names = volumes.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
  return { reason: given, volumes: names };
}
