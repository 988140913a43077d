import { minioSchema, postgresSchema } from "../../settings";

/** Images that the program uses where a stack file names no other: those that `npm run pin` looks up. */
export function productionImages(): string[] {
  return [postgresSchema.parse({}).baseImage, minioSchema.parse({}).image];
}
