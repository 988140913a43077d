import * as pulumi from "@pulumi/pulumi";
import type { contentsSchema } from "../handlers/seaweedfs/inputs";
import type { Args } from "./args";

export type SeaweedContentsArgs = Args<typeof contentsSchema, "password" | "secretKey">;

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
