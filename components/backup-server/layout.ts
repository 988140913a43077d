/** Names and places on the node that several parts of the component use; the scripts know the two directories too. */
export const scriptDirectory = "/usr/local/lib/homelab/backup";
export const configFile = "/etc/homelab/backup/config";
export const walService = "homelab-backup-wal.service";

/** Where the histories are, inside the backup's directory; in containers at /backup. */
export const postgresDirectory = (directory: string) => `${directory}/postgres`;

/** The database's user in the official image, and in ours. */
export const postgresOwner = "999:999";
