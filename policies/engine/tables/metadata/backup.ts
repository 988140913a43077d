/** Backups: what was copied where, and the copies themselves. */
import { app } from "./row";

export const backupApps = [
  app(
    "Duplicati",
    "duplicati/duplicati duplicati",
    "/data /config",
    "https://github.com/duplicati/duplicati/blob/HEAD/ReleaseBuilder/Resources/Docker/README.md",
  ),
  app(
    "Kopia",
    "kopia/kopia",
    "/app/config",
    "https://github.com/kopia/kopia/blob/HEAD/tools/docker/docker-compose.yml",
  ),
  app(
    "restic's REST server",
    "restic/rest-server",
    "/data",
    "https://github.com/restic/rest-server/blob/HEAD/Dockerfile",
  ),
];
