import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../../../remote/connection-args";
import { logsPort, shippingState, type LogEngine, type LogShippingSettings } from "../../../services";
import { houseAddress, type Node, type Topology } from "../../../topology";
import { QuadletService } from "../../quadlet-service";
import { journalUpload } from "./journal-upload";
import { vectorRun } from "./vector";

export { logsRun } from "./engines";

/** Where a shipper notes how far it has come with the journal, and when the pods' logs were carried; node.sh reads it. */
const progress: Readonly<Record<LogEngine, { readonly cursor: string; readonly carried?: string }>> = {
  loki: { cursor: `${shippingState.loki}/journal/checkpoint.txt` },
  victorialogs: {
    cursor: `${shippingState.victorialogs}/state`,
    carried: `${shippingState.victorialogs}/pods`,
  },
};
export const progressOf = ({ engine }: LogShippingSettings) => progress[engine];

export interface ShippingArgs {
  /** The node whose lines are shipped. */
  readonly node: Node;
  /** Where storage is, which has the engine. */
  readonly topology: Topology;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  readonly sshIdentity: string | undefined;
  /** How to reach the node over SSH. */
  readonly connection: ConnectionArgs;
  /**
   * `homelab:logShipping`: engine, images and the engine's port.
   * @see services/logs.ts
   */
  readonly settings: LogShippingSettings;
}

/** What carries the node's lines to storage: each engine has its own. Both take secrets out on the node. */
export function shipLogs(
  name: string,
  { node, topology, sshIdentity, connection, settings }: ShippingArgs,
  options: (own?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions,
): void {
  switch (settings.engine) {
    case "loki":
      new QuadletService(
        `${name}-vector`,
        {
          ...{ node, sshIdentity, run: vectorRun(settings, node, topology) },
          keeps: {
            kind: "ephemeral",
            paths: [shippingState.loki, "/var/log/journal", "/var/log/pods"],
            reason: "how far it has come, and what is carried to storage",
          },
        },
        options(),
      );
      break;
    case "victorialogs":
      journalUpload(
        `${name}-journal-upload`,
        {
          ...{ connection, base: settings.baseImage },
          target: { host: houseAddress(topology.nodes.storage, node), port: logsPort(settings) },
        },
        options,
      );
  }
}
