import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Secret } from "../provider/sdk/remote";
import type { ConnectionArgs } from "../remote/connection-args";

/**
 * A password that is made once and outlives the state: it is kept in a podman secret on the node, and what a later
 * stack generates gives way to what is there.
 *
 * Letters and digits only: the same text in a connection string, a file and a statement.
 *
 * @param name the generated password's; `pulumi up --replace '**::NAME'` makes a new one.
 * @param kept the podman secret.
 * @param opts of both. With `deletedWith` the service that knows the password, it goes when only the account does, and
 *   stays, like the service's data, when the service is removed.
 */
export function password(
  name: string,
  kept: { readonly connection: ConnectionArgs; readonly name: string },
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  return new Secret(
    `${name}-kept`,
    {
      connection: kept.connection,
      name: kept.name,
      value: proposal(name, pulumi.mergeOptions(opts, { retainOnDelete: false })),
      existing: "adopt",
    },
    opts,
  ).effective;
}

/** What a node that has none is given: for a {@link Secret} that adopts what is there. */
export function proposal(name: string, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  return pulumi.secret(new random.RandomPassword(name, { length: 40, special: false }, opts).result);
}
