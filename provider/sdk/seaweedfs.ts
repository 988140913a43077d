import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../../remote/connection-args";
import type { SeaweedPlace } from "../../remote/seaweedfs";

export interface SeaweedContentsArgs {
  /** Of the node that it runs on. */
  connection: ConnectionArgs;
  /** URL of the S3 API, as reached from where Pulumi runs. */
  endpoint: string;
  /** Where it is on its node, for what is not asked through S3. */
  place: SeaweedPlace;
  /** The identity that may do everything. */
  user: string;
  /** Its secret key: a secret. */
  password: pulumi.Input<string>;
  /** By name: made when they are not there, and never deleted. */
  buckets: Record<string, { versioned: boolean }>;
  /** By access key: they and their policies are in the file that the server starts with, and here it is seen that they are. */
  users: Record<string, { secretKey: pulumi.Input<string>; buckets: readonly string[] }>;
}

/**
 * All that is declared of an object store in SeaweedFS, compared with the live one in every preview and put right by an up:
 * each write is synced, each bucket is there with its versions on and open to nobody, each user's key is known.
 */
export class SeaweedContents extends pulumi.CustomResource {
  constructor(name: string, args: SeaweedContentsArgs, opts?: pulumi.CustomResourceOptions) {
    const users = Object.fromEntries(
      Object.entries(args.users).map(([user, wanted]) => [
        user,
        { ...wanted, secretKey: pulumi.secret(wanted.secretKey) },
      ]),
    );
    super(
      "homelab:seaweedfs:Contents",
      name,
      { ...args, password: pulumi.secret(args.password), users },
      opts,
    );
  }
}
