export { BackupServer, type BackupServerArgs } from "./backup-server";
