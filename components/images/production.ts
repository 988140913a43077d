import { backupServerSchema, computeSchema, minioSchema, postgresSchema } from "../../settings";

/** Images that the program uses where a stack file names no other: those that `npm run pin` looks up. */
export function productionImages(): string[] {
  const { gpu, dagster, mlflow, vllm, llamaCpp, ollama, qdrant } = computeSchema.parse({});
  const { resticImage, repositoryImage } = backupServerSchema.parse({});
  return [
    ...[postgresSchema.parse({}).baseImage, minioSchema.parse({}).image, resticImage, repositoryImage],
    ...[dagster.image, mlflow.image, vllm.image, llamaCpp.image, llamaCpp.gpuImage, ollama.image],
    ...[qdrant.image, gpu.devicePlugin],
  ];
}
