import * as pulumi from "@pulumi/pulumi";
import { Image, Secret, Unit, type UnitArgs } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import { watched } from "../health-watch";
import { unchanged } from "../images/unchanged";
import { declarePeerSecrets } from "./peer-secrets";
import {
  container,
  dataOwner,
  healthUrl,
  identitiesSecret,
  seaweedQuadlet,
  service,
  type WeedPeer,
  type WeedSettings,
} from "./seaweed-unit";

export interface Running {
  readonly connection: ConnectionArgs;
  readonly settings: WeedSettings;
  /** Secret. Whom it serves. */
  readonly identities: pulumi.Output<string>;
  /** Of two that keep a copy each: what the other has to know, and the password that they share. @default it is alone */
  readonly pair?: { readonly peer: pulumi.Input<WeedPeer>; readonly password: pulumi.Output<string> };
  /** When it counts as up. */
  readonly health: UnitArgs["health"];
}

/** Declares SeaweedFS on a node: its image, its secrets and its unit. @param name the component's */
export function declareSeaweed(
  name: string,
  { connection, settings, identities, pair, health }: Running,
  options: (own?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions,
): Unit {
  const image = new Image(
    `${name}-image`,
    { connection, ...unchanged("seaweedfs", settings.image) },
    options(),
  );
  const known = new Secret(
    `${name}-identities-secret`,
    { connection, name: identitiesSecret, value: identities },
    options(),
  );
  const peers = pair === undefined ? {} : declarePeerSecrets(name, connection, pair.password, options);
  const content = pulumi
    .all([image.reference, pulumi.output(pair?.peer)])
    .apply(([built, peer]) => seaweedQuadlet(settings, built, peer));
  return new Unit(
    `${name}-unit`,
    {
      connection,
      service,
      files: [
        { path: `/etc/containers/systemd/${container}.container`, content },
        // Whether it answers: that there is no room left to write is no reason to restart it.
        watched({
          service,
          health: { http: healthUrl(settings) },
          ill: "restart",
          startSeconds: 150,
          keeps: [settings.dataDirectory],
        }),
      ],
      directories: [{ path: settings.dataDirectory, mode: "0700", owner: dataOwner }],
      restartOn: { image: image.imageId, identities: known.fingerprint, ...peers },
      health,
      keeps: [settings.dataDirectory],
    },
    options({ dependsOn: [image, known] }),
  );
}
