export { BackupNode, type BackupNodeArgs } from "./backup-node";
