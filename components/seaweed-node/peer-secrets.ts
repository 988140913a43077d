import type * as pulumi from "@pulumi/pulumi";
import { Secret } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import { peerFiles, peerKeys, peerTexts } from "./peers";

/** Podman secret that keeps the password of which all of these are made, on storage. */
export const peerPasswordSecret = "homelab-seaweedfs-peer-password";

/**
 * Declares on a node by what the two that keep a copy each know one another.
 * @param name the component's
 * @returns fingerprints: a unit is restarted when one of them changes
 */
export function declarePeerSecrets(
  name: string,
  connection: ConnectionArgs,
  password: pulumi.Output<string>,
  options: () => pulumi.CustomResourceOptions,
): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(
    peerKeys.map((key) => [
      `peer's ${key}`,
      new Secret(
        `${name}-peer-${key}-secret`,
        {
          ...{ connection, name: peerFiles[key].secret },
          value: password.apply((known) => peerTexts(known)[key]),
        },
        options(),
      ).fingerprint,
    ]),
  );
}
