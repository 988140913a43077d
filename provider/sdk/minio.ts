import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../../remote/connection-args";

export interface StoreArgs {
  /** Of the node that it runs on. */
  connection: ConnectionArgs;
  /** URL of the S3 API, as reached from where Pulumi runs. */
  endpoint: string;
  /** Where it keeps its data on the node. */
  dataDirectory: string;
  /** By name. */
  buckets: Record<string, { versioned: boolean }>;
  /** By access key. */
  users: Record<string, { policyName: string }>;
  /** Buckets and users that somebody else made and that are taken over; others are refused. @default none */
  adopt?: string[];
}

/** An object store before anything is made in it: what of that is there already must be this program's, or to be adopted. */
export class Store extends pulumi.CustomResource {
  constructor(name: string, args: StoreArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:minio:Store", name, { ...args }, opts);
  }
}

export interface ContentsArgs {
  /** Of the node that it runs on: whether that is on tells a store that does not answer from a node that is off. */
  connection: ConnectionArgs;
  /** URL of the S3 API, as reached from where Pulumi runs. */
  endpoint: string;
  /** The root user. */
  user: string;
  /** Secret key of the root user: a secret. */
  password: pulumi.Input<string>;
  /** By name. A versioned one also gets object lock, without which MinIO wipes former versions for whoever may delete. */
  buckets: Record<string, { versioned: boolean }>;
  /** By access key. `policy`: the document of the one policy that the user has. */
  users: Record<string, { secretKey: pulumi.Input<string>; policyName: string; policy: string }>;
}

/**
 * All that is declared of an object store, compared with the live one in every preview and put right by an up: the
 * official plugin, whose resources make buckets, users and policies, looks at the server only in a refresh.
 */
export class Contents extends pulumi.CustomResource {
  constructor(name: string, args: ContentsArgs, opts?: pulumi.CustomResourceOptions) {
    const users = Object.fromEntries(
      Object.entries(args.users).map(([user, wanted]) => [
        user,
        { ...wanted, secretKey: pulumi.secret(wanted.secretKey) },
      ]),
    );
    super("homelab:minio:Contents", name, { ...args, password: pulumi.secret(args.password), users }, opts);
  }
}
