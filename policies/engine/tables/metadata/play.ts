/** Games: the worlds that people build. */
import { app } from "./row";

export const playApps = [
  app(
    "Minecraft server",
    "itzg/minecraft-server itzg/minecraft-bedrock-server",
    "/data",
    "https://github.com/itzg/docker-minecraft-server/blob/HEAD/docs/data-directory.md",
  ),
  app(
    "Valheim",
    "lloesche/valheim-server",
    "/config",
    "https://github.com/lloesche/valheim-server-docker/blob/HEAD/docker-compose.yaml",
  ),
  app(
    "Palworld",
    "thijsvanloef/palworld-server-docker",
    "/palworld",
    "https://github.com/thijsvanloef/palworld-server-docker/blob/HEAD/docker-compose.yml",
  ),
  app(
    "Factorio",
    "factoriotools/factorio",
    "/factorio",
    "https://github.com/factoriotools/factorio-docker/blob/HEAD/docker/docker-compose.yml",
  ),
  app(
    "Foundry Virtual Tabletop",
    "felddy/foundryvtt",
    "/data",
    "https://github.com/felddy/foundryvtt-docker/blob/HEAD/README.md",
  ),
];
