/** Mail, messages and notices. */
import { app } from "./row";

export const talkApps = [
  // Its cache and its users are files once cache-file and auth-file are set; without them they are in memory.
  app(
    "ntfy",
    "binwiederhier/ntfy",
    "/var/cache/ntfy /var/lib/ntfy",
    "https://docs.ntfy.sh/config/#message-cache",
  ),
  app("Gotify", "gotify/server", "/app/data", "https://gotify.net/docs/config", "GOTIFY_DATABASE_CONNECTION"),
  app(
    "Synapse",
    "matrixdotorg/synapse element-hq/synapse",
    "/data",
    "https://github.com/element-hq/synapse/blob/HEAD/docker/README.md",
  ),
  app(
    "docker-mailserver or Stalwart",
    "docker-mailserver mailserver/docker-mailserver stalwartlabs/mail-server stalwartlabs/stalwart",
    "/var/mail /var/mail-state /opt/stalwart-mail /opt/stalwart /var/lib/stalwart",
    "https://github.com/docker-mailserver/docker-mailserver/blob/HEAD/compose.yaml",
  ),
  app(
    "Roundcube",
    "roundcube/roundcubemail",
    "/var/www/html /var/roundcube/db",
    "https://github.com/roundcube/roundcubemail-docker/blob/HEAD/README.md",
    "ROUNDCUBEMAIL_DB_HOST",
  ),
  app(
    "TeamSpeak",
    "^teamspeak library/teamspeak",
    "/var/ts3server",
    "https://github.com/docker-library/docs/blob/HEAD/teamspeak/content.md",
    "TS3SERVER_DB_HOST",
  ),
  app(
    "Mumble",
    "mumblevoip/mumble-server",
    "/data",
    "https://github.com/mumble-voip/mumble-docker/blob/HEAD/README.md",
  ),
];
