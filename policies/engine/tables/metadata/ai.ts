/** Models, chats and agents: what people say to them is kept; the models themselves are downloaded again. */
import { app } from "./row";

export const aiApps = [
  app(
    "Open WebUI",
    "open-webui",
    "/app/backend/data",
    "https://docs.openwebui.com/reference/env-configuration",
    "DATABASE_URL DATABASE_HOST",
  ),
  app(
    "AnythingLLM",
    "mintplexlabs/anythingllm",
    "/app/server/storage",
    "https://github.com/Mintplex-Labs/anything-llm/blob/HEAD/docker/HOW_TO_USE_DOCKER.md",
  ),
  app(
    "Flowise",
    "flowiseai/flowise",
    "/root/.flowise /app/data",
    "https://github.com/FlowiseAI/Flowise/blob/HEAD/docker/.env.example",
    "DATABASE_HOST DATABASE_TYPE",
  ),
  app(
    "Langflow",
    "langflowai/langflow",
    "/app/langflow /var/lib/langflow",
    "https://github.com/langflow-ai/langflow/blob/HEAD/docker_example/docker-compose.yml",
    "LANGFLOW_DATABASE_URL",
  ),
  app(
    "Perplexica",
    "itzcrazykns1337/perplexica itzcrazykns1337/vane",
    "/home/perplexica/data /home/vane/data",
    "https://github.com/ItzCrazyKns/Perplexica/blob/HEAD/docker-compose.yaml",
  ),
  app(
    "SillyTavern",
    "sillytavern",
    "/home/node/app/data /home/node/app/config",
    "https://github.com/SillyTavern/SillyTavern/blob/HEAD/docker/docker-compose.yml",
  ),
  app(
    "Label Studio",
    "heartexlabs/label-studio",
    "/label-studio/data",
    "https://github.com/HumanSignal/label-studio/blob/HEAD/docker-compose.yml",
    "POSTGRE_HOST DJANGO_DB",
  ),
  app(
    "Aim",
    "aimstack/aim",
    "/opt/aim /aim /repo",
    "https://github.com/aimhubio/aim/blob/HEAD/docs/source/using/remote_tracking.md",
  ),
  app(
    "Phoenix",
    "arizephoenix/phoenix",
    "/mnt/data /root/.phoenix",
    "https://github.com/Arize-ai/phoenix/blob/HEAD/src/phoenix/config.py",
    "PHOENIX_SQL_DATABASE_URL PHOENIX_POSTGRES_HOST",
  ),
];
