/** When a declaration that something is ephemeral counts. */
import type { EphemeralDeclaration } from "./facts";

/**
 * True when a declaration gives a reason and covers a volume: it names none, or one of the volume's names.
 *
 * @param names what the volume can be called: its name, its claim or source, the paths it is mounted at
 */
export function coversVolume(declared: EphemeralDeclaration | undefined, names: readonly string[]): boolean {
  if (declared === undefined || declared.reason.trim() === "") return false;
  return declared.volumes === undefined || declared.volumes.some((name) => names.includes(name));
}
