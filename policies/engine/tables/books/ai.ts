/** Models, chats and agents: what people say to them is kept; the models themselves are downloaded again. */
import { app } from "./row";

export const aiApps = [
  app(
    "Open WebUI",
    "open-webui",
    "/app/backend/data",
    "https://docs.openwebui.com/getting-started/env-configuration/#database_url",
    "DATABASE_URL DATABASE_HOST",
  ),
  app(
    "AnythingLLM",
    "mintplexlabs/anythingllm",
    "/app/server/storage",
    "https://github.com/Mintplex-Labs/anything-llm/blob/master/docker/HOW_TO_USE_DOCKER.md",
  ),
  app(
    "Flowise",
    "flowiseai/flowise",
    "/root/.flowise /app/data",
    "https://docs.flowiseai.com/configuration/databases",
    "DATABASE_HOST DATABASE_TYPE",
  ),
  app(
    "Langflow",
    "langflowai/langflow",
    "/app/langflow /var/lib/langflow",
    "https://docs.langflow.org/deployment-docker",
    "LANGFLOW_DATABASE_URL",
  ),
  app(
    "Perplexica",
    "itzcrazykns1337/perplexica itzcrazykns1337/vane",
    "/home/perplexica/data",
    "https://github.com/ItzCrazyKns/Perplexica",
  ),
  app(
    "SillyTavern",
    "sillytavern",
    "/home/node/app/data /home/node/app/config",
    "https://docs.sillytavern.app/installation/docker/",
  ),
  app(
    "Label Studio",
    "heartexlabs/label-studio",
    "/label-studio/data",
    "https://labelstud.io/guide/storedata",
    "POSTGRE_HOST DJANGO_DB",
  ),
  app(
    "Aim",
    "aimstack/aim",
    "/opt/aim /aim",
    "https://aimstack.readthedocs.io/en/latest/using/remote_tracking.html",
  ),
  app(
    "Phoenix",
    "arizephoenix/phoenix",
    "/mnt/data /root/.phoenix",
    "https://arize.com/docs/phoenix/self-hosting/configuration",
    "PHOENIX_SQL_DATABASE_URL PHOENIX_POSTGRES_HOST",
  ),
  app(
    "Duplicati",
    "duplicati/duplicati duplicati",
    "/data /config",
    "https://docs.duplicati.com/getting-started/installation/docker",
  ),
];
