export { checkSettings } from "./check";
export { identity, loadSettings } from "./load";
export type {
  AgentSettings,
  CommonSettings,
  ComputeStackSettings,
  DesktopSettings,
  SettingsOf,
  StorageSettings,
} from "./load";
export { type MigrationsSettings } from "./migration";
export { encrypted, loadStackFile } from "./stack-file";
export { skippedHours } from "./skipped-hour";
