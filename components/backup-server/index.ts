export { BackupServer, type BackupServerArgs } from "./backup-server";
export { backupConfig } from "./config";
export { scripts } from "./scripts";
export { jobFiles } from "./units";
export { backups } from "./alerts";
