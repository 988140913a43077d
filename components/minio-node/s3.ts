import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
import { Contents, Store } from "../../provider/sdk/minio";
import type { ConnectionArgs } from "../../remote/connection-args";
import type { MinioSettings } from "../../services";
import { bucketPolicy, userSecretName, type S3User } from "../object-store";
import { password } from "../password";

export interface S3Args {
  /** `host:port` of the API. */
  server: string;
  /** Access key of the root user. */
  user: string;
  /** Secret key of the root user: a secret. */
  password: pulumi.Input<string>;
  /** Buckets and users that are to be there. */
  settings: Pick<MinioSettings, "buckets" | "users" | "dataDirectory" | "adopt">;
  /** Buckets that are there already, from a run that was stopped or a stack that was destroyed: taken over as they are. */
  existing: readonly string[];
  /** The node behind the endpoint, which also keeps the users' secret keys. */
  connection: ConnectionArgs;
  /** What serves the endpoint: made before, and taken away without asking it to clear up first. */
  engine: pulumi.Resource;
  /** Options of every child. */
  options: (own?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions;
}

/**
 * Buckets, consumers and their policies behind an S3 endpoint. Knows nothing of how the endpoint is run.
 * @returns the consumers by name.
 */
export function objectStore(name: string, args: S3Args): Record<string, S3User> {
  const { settings, engine, options } = args;
  const at = { connection: args.connection, endpoint: `http://${args.server}` };
  const policyNameOf = (user: string) => `homelab-${user}`;
  const store = new Store(
    `${name}-store`,
    {
      ...at,
      dataDirectory: settings.dataDirectory,
      buckets: settings.buckets,
      users: Object.fromEntries(
        Object.keys(settings.users).map((user) => [user, { policyName: policyNameOf(user) }]),
      ),
      ...(settings.adopt.length === 0 ? {} : { adopt: settings.adopt }),
    },
    options({ dependsOn: engine, deletedWith: engine }),
  );
  const provider = new minio.Provider(
    `${name}-s3`,
    {
      minioServer: args.server,
      minioUser: args.user,
      minioPassword: pulumi.secret(args.password),
      minioSsl: false,
    },
    options({ dependsOn: engine }),
  );
  const inStore = (...needs: pulumi.Resource[]) =>
    options({ provider, dependsOn: [engine, store, ...needs], deletedWith: engine });

  const versionings: pulumi.Resource[] = [];
  const buckets = Object.entries(settings.buckets).map(([bucket, { versioned: keepsVersions }]) => {
    const made = new minio.S3Bucket(
      `${name}-bucket-${bucket}`,
      { bucket, acl: "private", forceDestroy: false },
      // Objects are never deleted as a side effect, also when the bucket is taken out of the program.
      {
        ...inStore(),
        retainOnDelete: true,
        // Making it again would fail; and how a bucket was first made is not what matters, and
        // object lock, which Contents sets, would pass for another bucket.
        ...(args.existing.includes(bucket) ? { import: bucket } : {}),
        ignoreChanges: ["acl", "forceDestroy", "objectLocking"],
      },
    );
    if (keepsVersions) {
      versionings.push(
        new minio.S3BucketVersioning(
          `${name}-versioning-${bucket}`,
          { bucket: made.bucket, versioningConfiguration: { status: "Enabled" } },
          // Without versions the next overwrite is final: it stays on as long as the bucket stays.
          { ...inStore(made), retainOnDelete: true },
        ),
      );
    }
    return made;
  });
  const versioned = Object.keys(settings.buckets).filter((bucket) => settings.buckets[bucket]?.versioned);
  const users = Object.entries(settings.users).map(([user, consumer]) => {
    const secretKey = password(
      `${name}-user-${user}-secret`,
      { connection: args.connection, name: userSecretName(user) },
      options({ deletedWith: engine }),
    );
    const policyName = policyNameOf(user);
    const document = bucketPolicy(consumer, versioned);
    const account = new minio.IamUser(`${name}-user-${user}`, { name: user, secret: secretKey }, inStore());
    const policy = new minio.IamPolicy(
      `${name}-policy-${user}`,
      { name: policyName, policy: document },
      inStore(...buckets),
    );
    const attachment = new minio.IamUserPolicyAttachment(
      `${name}-attachment-${user}`,
      { userName: account.name, policyName: policy.name },
      inStore(account, policy),
    );
    return { user, secretKey, policyName, document, made: [account, policy, attachment] };
  });
  new Contents(
    `${name}-contents`,
    {
      ...at,
      user: args.user,
      password: args.password,
      buckets: settings.buckets,
      users: Object.fromEntries(
        users.map(({ user, secretKey, policyName, document }) => [
          user,
          { secretKey, policyName, policy: document },
        ]),
      ),
    },
    options({
      dependsOn: [store, ...buckets, ...versionings, ...users.flatMap(({ made }) => made)],
      deletedWith: engine,
    }),
  );
  return Object.fromEntries(users.map(({ user, secretKey }) => [user, { accessKey: user, secretKey }]));
}
