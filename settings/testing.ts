import { SettingsError } from "./load";

/** The sentences in which settings are refused; none when they are taken. */
export function refusals(check: () => void): readonly string[] {
  try {
    check();
  } catch (error) {
    if (error instanceof SettingsError) return error.sentences;
    throw error;
  }
  return [];
}
