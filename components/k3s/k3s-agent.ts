import * as pulumi from "@pulumi/pulumi";
import type { Unit } from "../../provider/sdk/remote";
import type { K3sAgentSettings } from "../../services";
import { connectionOf, isAlwaysOn, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { persistentOn, type Placement } from "../placement";
import { agentConfig } from "./config";
import { agentTokenFile, configFile, nodePasswordFile } from "./layout";
import { k3sMember } from "./member";
import { clusterGeneration } from "./provider";

export interface K3sAgentArgs {
  /** The node that joins; any, for an agent keeps nothing of the cluster's state. */
  node: Node;
  /**
   * `homelab:k3s` of the agent's stack: version, where the release comes from, image archives.
   * @see services/k3s.ts
   */
  settings: K3sAgentSettings;
  /** URL of the server's API, see `K3sEndpoints.server`. */
  server: pulumi.Input<string>;
  /** The server's address in the mesh, where the house's traffic goes by it; in the unit's text, which is known in every preview. */
  serverByMesh: string | undefined;
  /** See `K3sEndpoints.identifier`. */
  identifier: pulumi.Input<string>;
  /** Secret, see `K3sEndpoints.agentToken`. */
  token: pulumi.Input<string>;
  /** Secret, see `K3sEndpoints.nodePasswords`. */
  password: pulumi.Input<string>;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/**
 * A node of the cluster beside its server. What it has on disk are images and what pods threw away; on an always-on
 * node also the volumes of local-path claims, which a removal leaves there.
 */
export class K3sAgent extends pulumi.ComponentResource {
  readonly unit: Unit;
  /** Replaced when the node's cluster has become another. */
  readonly generation: pulumi.Resource;

  constructor(name: string, args: K3sAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, settings } = args;
    super("homelab:index:K3sAgent", name, { placement: placementOf(node, settings) }, opts);
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    this.unit = k3sMember(name, {
      role: "agent",
      node,
      connection: connectionOf(node, args.sshIdentity),
      settings,
      serverByMesh: args.serverByMesh,
      files: [
        {
          path: configFile,
          content: pulumi.output(args.server).apply((server) => agentConfig(node, settings, server)),
        },
        { path: agentTokenFile, content: pulumi.secret(args.token), mode: "0600" },
        { path: nodePasswordFile, content: pulumi.secret(args.password), mode: "0600" },
      ],
      kubeconfig: `${settings.dataDirectory}/agent/kubelet.kubeconfig`,
      keeps: isAlwaysOn(node) ? [settings.dataDirectory] : [],
      options,
    });
    this.generation = clusterGeneration(`${name}-generation`, args.identifier, options());
    this.registerOutputs({});
  }
}

function placementOf(node: Node, { dataDirectory }: K3sAgentSettings): Placement {
  if (isAlwaysOn(node)) return persistentOn(node, "K3sAgent", [dataDirectory]);
  return {
    node: node.name,
    keeps: "ephemeral",
    paths: [dataDirectory],
    reason: "images and emptyDirs of pods; admission refuses every volume that would outlive its pod here",
  };
}
