export { checkSettings } from "./check";
export { identity, loadSettings, SettingsError } from "./load";
export type {
  AgentSettings,
  CommonSettings,
  ComputeStackSettings,
  DesktopSettings,
  SettingsOf,
  StorageSettings,
} from "./load";
export { migrationsSchema, type MigrationsSettings } from "./migration";
export { skippedHours } from "./skipped-hour";
