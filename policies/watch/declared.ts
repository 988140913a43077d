/** Types of resources that the stack's configuration says may be lost: `homelab:ephemeral`, an object of reasons. */
import { textMap } from "../readers/values";

/** Reads the setting; one that is no object declares nothing. */
export function declaredTypes(json: string | undefined): Readonly<Record<string, string>> {
  try {
    return textMap(JSON.parse(json ?? "{}"));
  } catch {
    return {};
  }
}
