export { BackupRepository, repositoryUrl, type BackupRepositoryArgs } from "./backup-repository";
