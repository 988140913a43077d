import * as pulumi from "@pulumi/pulumi";
import type { contentsSchema, storeArgs } from "../handlers/minio/inputs";
import type { Args } from "./args";

export type StoreArgs = Args<typeof storeArgs>;

/** An object store before anything is made in it: what of that is there already must be this program's, or to be adopted. */
export class Store extends pulumi.CustomResource {
  constructor(name: string, args: StoreArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:minio:Store", name, { ...args }, opts);
  }
}

export type ContentsArgs = Args<typeof contentsSchema, "password" | "secretKey">;

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
