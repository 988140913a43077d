import * as pulumi from "@pulumi/pulumi";
import { unknown } from "@pulumi/pulumi/output";
import { z } from "zod";
import { UserError } from "../components/user-error";
import { problems } from "../packages/errors";

const dsn = z.string().startsWith("postgresql://");

/**
 * What storage hands to the other stacks, checked when it is written and when it is read. The names in capitals are
 * those under which programs expect these values in their environment.
 */
const storageOutputsSchema = z.strictObject({
  POSTGRES_HOST: z.string().min(1),
  POSTGRES_PORT: z.int(),
  /** Secret. By role, then by database: `dsns.agent.agent_gateway`. */
  dsns: z.record(z.string(), z.record(z.string(), dsn)),
  /** Which node's PostgreSQL takes writes, as it was at storage's last up. */
  POSTGRES_PRIMARY: z.enum(["storage"]).optional(),
  /** Secret. As dsns, with storage and its standby: the client takes the one that takes writes. When there may be a standby. */
  failoverDsns: z.record(z.string(), z.record(z.string(), dsn)).optional(),
  /** Secret. For the standby: what it must know to copy and follow. */
  replication: z
    .strictObject({
      password: z.string().min(1),
      baseImage: z.string().min(1),
      maxConnections: z.int(),
      settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
      search: z.strictObject({
        efSearch: z.int(),
        iterativeScan: z.enum(["off", "relaxed_order", "strict_order"]),
      }),
      slotLimit: z.string(),
      networks: z.array(z.string()),
      /** Port on which the standby is expected. */
      port: z.int(),
    })
    .optional(),
  S3_ENDPOINT: z.url(),
  /** Of an engine that has one. */
  S3_CONSOLE: z.url().optional(),
  /** Secret. Access and secret key by user: `s3.mlflow.accessKey`. */
  s3: z.record(z.string(), z.strictObject({ accessKey: z.string().min(1), secretKey: z.string().min(1) })),
  /** Secret. For desktop, which may keep a second copy of each object. */
  objectCopy: z
    .strictObject({
      master: z.string().min(1),
      identities: z.string().min(1),
      password: z.string().min(1),
    })
    .optional(),
  /** Secret. Of the backups of files, when storage keeps repositories. */
  backup: z
    .strictObject({
      /** What the copy of everything is encrypted with. */
      key: z.string().min(1),
      /** What each node's repository is encrypted with. */
      keys: z.record(z.string(), z.string().min(1)),
      keepDays: z.int(),
      repositories: z.record(z.string(), z.string().startsWith("rest:")),
      offNodePassword: z.string().min(1),
    })
    .optional(),
  /** Of the cluster, when storage has its server: the API, and what tells it from every other cluster. */
  K3S_URL: z.url().optional(),
  K3S_VERSION: z.string().optional(),
  CLUSTER_IDENTIFIER: z.string().optional(),
  /** Of its pods and Services, IPv4. */
  CLUSTER_NETWORKS: z.array(z.string().min(1)).optional(),
  /** Secret. For kubectl and the Kubernetes provider. */
  kubeconfig: z.string().min(1).optional(),
  /** Secret. With it a node joins as an agent. */
  k3sAgentToken: z.string().min(1).optional(),
  /** Secret. By node: what it proves itself by when it comes again. */
  k3sNodePasswords: z.record(z.string(), z.string().min(1)).optional(),
  /** By which members of the mesh know headscale, when storage has it. */
  MESH_CERTIFICATE: z.string().startsWith("-----BEGIN CERTIFICATE-----").optional(),
});

/** What others read of it: a service of storage may hand out more. */
const readSchema = storageOutputsSchema
  // Secret. Those of storage's services that run as quadlets, by service, then by key.
  .extend({ passwords: z.record(z.string(), z.record(z.string(), z.string())).optional() })
  .strip();

type HandedOut = z.infer<typeof storageOutputsSchema>;
export type StorageOutputs = z.infer<typeof readSchema>;

/**
 * Checks what storage is about to hand out (a mistake here is one of this program) and makes the secret parts secret.
 */
export function stackOutputs(endpoints: { [K in keyof HandedOut]: unknown }): pulumi.Inputs {
  const checked = pulumi.output(endpoints).apply((all: unknown) => {
    const parsed = storageOutputsSchema.safeParse(all);
    if (parsed.success) return parsed.data;
    throw new UserError(`storage would hand out wrong endpoints: ${problems(parsed.error, {}).join(" ")}`);
  });
  const open = pulumi.unsecret(checked);
  // One output a key: Pulumi hides a secret key, but shows the whole when all of it is one secret.
  return {
    POSTGRES_HOST: open.POSTGRES_HOST,
    POSTGRES_PORT: open.POSTGRES_PORT,
    S3_ENDPOINT: open.S3_ENDPOINT,
    ...("S3_CONSOLE" in endpoints ? { S3_CONSOLE: open.S3_CONSOLE } : {}),
    dsns: pulumi.secret(checked.dsns),
    s3: pulumi.secret(checked.s3),
    ...("replication" in endpoints
      ? {
          POSTGRES_PRIMARY: open.POSTGRES_PRIMARY,
          failoverDsns: pulumi.secret(checked.failoverDsns),
          replication: pulumi.secret(checked.replication),
        }
      : {}),
    ...("objectCopy" in endpoints ? { objectCopy: pulumi.secret(checked.objectCopy) } : {}),
    ...("backup" in endpoints ? { backup: pulumi.secret(checked.backup) } : {}),
    ...("MESH_CERTIFICATE" in endpoints ? { MESH_CERTIFICATE: open.MESH_CERTIFICATE } : {}),
    ...("kubeconfig" in endpoints
      ? {
          K3S_URL: open.K3S_URL,
          K3S_VERSION: open.K3S_VERSION,
          CLUSTER_IDENTIFIER: open.CLUSTER_IDENTIFIER,
          CLUSTER_NETWORKS: open.CLUSTER_NETWORKS,
          kubeconfig: pulumi.secret(checked.kubeconfig),
          k3sAgentToken: pulumi.secret(checked.k3sAgentToken),
          k3sNodePasswords: pulumi.secret(checked.k3sNodePasswords),
        }
      : {}),
  };
}

/**
 * What storage handed out at its last up; a secret as a whole. Before storage's first up there is nothing to read:
 * a preview says so and goes on, an up ends with a sentence.
 */
export function readStorageOutputs(reader: string): pulumi.Output<StorageOutputs | undefined> {
  const stack = `${pulumi.getOrganization()}/${pulumi.getProject()}/storage`;
  const reference = new pulumi.StackReference("storage", { name: stack });
  return pulumi.secret(reference.outputs).apply((outputs) => {
    const parsed = readSchema.safeParse(outputs);
    if (parsed.success) return parsed.data;
    const sentence = `${reader} reads where PostgreSQL and the object store are from the stack storage, which has not handed that out yet: run \`pulumi up --stack storage\` first`;
    if (!pulumi.runtime.isDryRun()) throw new UserError(`${sentence}.`);
    void pulumi.log.warn(`${sentence}; this preview goes on without.`);
    return undefined;
  });
}

/** Where a stack reads from, without what is secret: for its own outputs. */
export function addresses(endpoints: pulumi.Output<StorageOutputs | undefined>): pulumi.Output<string[]> {
  return pulumi
    .unsecret(endpoints)
    .apply((known) =>
      known === undefined ? [] : [`${known.POSTGRES_HOST}:${known.POSTGRES_PORT}`, known.S3_ENDPOINT],
    );
}

/**
 * A part of what storage hands out. In a preview before storage's first up it is not known, as what an up would make.
 * @param missing what to do where storage does not hand it out: a sentence
 */
export function partOf<T>(
  endpoints: pulumi.Output<StorageOutputs | undefined>,
  part: (all: StorageOutputs) => T | undefined,
  missing = "storage does not hand that out: run `pulumi up --stack storage` first.",
): pulumi.Output<T> {
  return endpoints.apply<T>((all) => {
    if (all === undefined) return unknown as unknown as T;
    const found = part(all);
    if (found !== undefined) return found;
    throw new UserError(missing);
  });
}
