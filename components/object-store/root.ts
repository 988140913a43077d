import type * as pulumi from "@pulumi/pulumi";
import { Secret } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import { proposal } from "../password";

/** The user who may do everything in an object store: Pulumi's own, and the backup's. */
export const rootUser = "homelab-root";

/**
 * The root user's name and password as podman secrets on the node. The name is no secret; it is one because server and
 * backup read both the same way.
 * @param name the component's
 * @param kept the podman secrets' names
 */
export function rootSecrets(
  name: string,
  kept: { readonly connection: ConnectionArgs; readonly user: string; readonly password: string },
  options: (own?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions,
): { readonly user: Secret; readonly password: Secret } {
  const { connection } = kept;
  return {
    user: new Secret(`${name}-root-user-secret`, { connection, name: kept.user, value: rootUser }, options()),
    password: new Secret(
      `${name}-root-password-secret`,
      {
        connection,
        name: kept.password,
        value: proposal(`${name}-root`, options()),
        existing: "adopt",
      },
      // It outlives the stack, as the objects do.
      options({ retainOnDelete: true }),
    ),
  };
}
