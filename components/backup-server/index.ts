export { BackupServer, type BackupServerArgs } from "./backup-server";
export { backupConfig } from "./config";
export { jobFiles } from "./units";
