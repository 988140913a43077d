import * as pulumi from "@pulumi/pulumi";
import { SecretFile, type Unit } from "../../provider/sdk/remote";
import type { K3sServerSettings } from "../../services";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { persistentOn } from "../placement";
import { serverConfig, serverUrl } from "./config";
import { clusterIdentifier, forClients } from "./kubeconfig";
import { nodePasswords } from "./node-password";
import { authorityFile, configFile, joinTokenFile, kubeconfigFile, serverTokenFile } from "./layout";
import { k3sMember } from "./member";
import { clusterGeneration } from "./provider";

export interface K3sServerArgs {
  /** Where it runs. It keeps the cluster's state, so an on-demand node does not compile. */
  node: Node<"always-on">;
  /**
   * `homelab:k3s` of storage's stack: version, networks, grace periods in seconds, directories.
   * @see services/k3s.ts
   */
  settings: K3sServerSettings;
  /** Names of the nodes that may be agents. */
  agents: readonly string[];
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/** How to reach the cluster and to join it. */
export interface K3sEndpoints {
  /** URL of the API. */
  readonly server: string;
  readonly version: string;
  /** For `clusterIdentifier` of the Kubernetes provider: the same for as long as it is the same cluster. */
  readonly identifier: pulumi.Output<string>;
  /** Secret: everything may be done with it. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Secret: with it a machine joins as an agent, and knows the right server by it. */
  readonly agentToken: pulumi.Output<string>;
  /** Secret: by node, what it proves itself by when it comes again under its name. */
  readonly nodePasswords: pulumi.Output<Record<string, string>>;
}

/**
 * The cluster's K3s server. Removing it leaves the cluster's state, and with it all that was declared there, in
 * `settings.dataDirectory`; set up again, it goes on where it was.
 */
export class K3sServer extends pulumi.ComponentResource {
  readonly endpoints: K3sEndpoints;
  readonly unit: Unit;
  /** Replaced when another cluster takes this one's place. */
  readonly generation: pulumi.Resource;

  constructor(name: string, args: K3sServerArgs, opts?: pulumi.ComponentResourceOptions) {
    const { settings } = args;
    const { node } = args;
    super(
      "homelab:index:K3sServer",
      name,
      { placement: persistentOn(node, "K3sServer", [settings.dataDirectory]) },
      opts,
    );
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const connection = connectionOf(node, args.sshIdentity);
    this.unit = k3sMember(name, {
      role: "server",
      node,
      connection,
      settings,
      files: [{ path: configFile, content: serverConfig(node, settings) }],
      kubeconfig: kubeconfigFile,
      keeps: [settings.dataDirectory],
      options,
    });
    const written = (what: string, path: string, readAgainOn: Record<string, pulumi.Input<string>>) =>
      pulumi.secret(
        new SecretFile(
          `${name}-${what}`,
          { connection, path, readAgainOn },
          options({ dependsOn: this.unit, deletedWith: this.unit }),
        ).content,
      );
    const started = { unit: this.unit.hash };
    // No start writes the authority anew, so that a preview of one knows that it stays the same cluster.
    const authority = written("authority", authorityFile(settings.dataDirectory), {});
    const server = serverUrl(node.address, settings.apiPort);
    const identifier = pulumi.unsecret(authority.apply(clusterIdentifier));
    this.generation = clusterGeneration(`${name}-generation`, identifier, options());
    this.endpoints = {
      server,
      version: settings.version,
      identifier,
      kubeconfig: written("kubeconfig", kubeconfigFile, started).apply((text) => forClients(text, server)),
      agentToken: written("join-token", joinTokenFile(settings.dataDirectory), started).apply((text) =>
        text.trim(),
      ),
      nodePasswords: written("token", serverTokenFile(settings.dataDirectory), started).apply((token) =>
        nodePasswords(token.trim(), args.agents),
      ),
    };
    this.registerOutputs({});
  }
}
