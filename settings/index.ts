export {
  computeProblems,
  computeSchema,
  computeServices,
  runningServices,
  type ComputeService,
  type ComputeSettings,
} from "./compute";
export {
  backupDesktopSchema,
  backupNodeSchema,
  backupServerSchema,
  type BackupDesktopSettings,
  type BackupNodeSettings,
  type BackupServerSettings,
} from "./backup";
export { minioProblems, postgresProblems } from "./checks";
export { isCalendar } from "./calendar";
export {
  checkCompute,
  checkDesktop,
  checkPower,
  checkStorage,
  identity,
  loadSettings,
  SettingsError,
} from "./load";
export type {
  AgentSettings,
  CommonSettings,
  ComputeStackSettings,
  DesktopSettings,
  SettingsOf,
  StorageSettings,
} from "./load";
export {
  k3sAgentSchema,
  k3sServerSchema,
  kubeletPort,
  overlayPort,
  type K3sAgentSettings,
  type K3sServerSettings,
} from "./k3s";
export { migrationsSchema, type MigrationsSettings } from "./migration";
export { minioSchema, type MinioSettings } from "./minio";
export {
  postgresSchema,
  replicationRole,
  serverSizes,
  type DatabaseSettings,
  type PostgresSettings,
  type RoleSettings,
} from "./postgres";
export { replicaSchema, type ReplicaSettings } from "./replica";
export {
  powerKeeperSchema,
  powerPort,
  powerScheduleSchema,
  type PowerKeeperSettings,
  type PowerScheduleSettings,
} from "./power";
export { restartParameters } from "./postgres-catalog";
export { bytesOf, podmanSize, sizeText } from "./sizes";

export { skippedHours } from "./skipped-hour";
