import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { problems } from "../topology";

const dsn = z.string().startsWith("postgresql://");

/**
 * What storage hands to the other stacks, checked when it is written and when it is read. The names in capitals are
 * those under which programs expect these values in their environment.
 */
export const storageSchema = z.strictObject({
  POSTGRES_HOST: z.string().min(1),
  POSTGRES_PORT: z.int(),
  /** Secret. By role, then by database: `dsns.agent.agent_gateway`. */
  dsns: z.record(z.string(), z.record(z.string(), dsn)),
  S3_ENDPOINT: z.url(),
  S3_CONSOLE: z.url(),
  /** Secret. Access and secret key by user: `s3.mlflow.accessKey`. */
  s3: z.record(z.string(), z.strictObject({ accessKey: z.string().min(1), secretKey: z.string().min(1) })),
});

export type StorageEndpoints = z.infer<typeof storageSchema>;

/** Checks what a stack is about to hand out: a mistake here is one of this program. */
export function handOut(endpoints: {
  [K in keyof StorageEndpoints]: pulumi.Input<StorageEndpoints[K]>;
}): pulumi.Output<StorageEndpoints> {
  return pulumi.all(endpoints).apply((all) => {
    const parsed = storageSchema.safeParse(all);
    if (parsed.success) return parsed.data;
    throw new pulumi.RunError(
      `storage would hand out wrong endpoints: ${problems(parsed.error, {}).join(" ")}`,
    );
  });
}

/**
 * What storage handed out at its last up; a secret as a whole. Before storage's first up there is nothing to read:
 * a preview says so and goes on, an up ends with a sentence.
 */
export function storageEndpoints(reader: string): pulumi.Output<StorageEndpoints | undefined> {
  const stack = `${pulumi.getOrganization()}/${pulumi.getProject()}/storage`;
  const reference = new pulumi.StackReference("storage", { name: stack });
  return pulumi.secret(reference.outputs).apply((outputs) => {
    const parsed = storageSchema.safeParse(outputs);
    if (parsed.success) return parsed.data;
    const sentence = `${reader} reads where PostgreSQL and MinIO are from the stack storage, which has not handed that out yet: run \`pulumi up --stack storage\` first`;
    if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError(`${sentence}.`);
    pulumi.log.warn(`${sentence}; this preview goes on without.`);
    return undefined;
  });
}
