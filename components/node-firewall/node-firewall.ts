import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Unit } from "../../provider/sdk/remote";
import { render, serviceUnit } from "../../packages/quadlet";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn } from "../placement";
import { firewallRules, type ClusterNetwork, type FirewallPort } from "./rules";

export interface NodeFirewallArgs {
  /** The node that is guarded. */
  node: Node;
  /** Ports to guard; all others of the node itself are left alone. */
  ports: readonly FirewallPort[];
  /** Addresses of the house's nodes: only they reach pods and containers by these' own addresses. */
  members: readonly string[];
  /** The cluster that the node is a member of. @default none */
  cluster?: pulumi.Input<ClusterNetwork>;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

const file = "/etc/homelab/firewall.nft";
const script = "/usr/local/lib/homelab/homelab-firewall/firewall.sh";
const watch = "homelab-firewall-watch.service";

/** The text of homelab-firewall.service. */
export function firewallService(): string {
  return render(
    serviceUnit({
      unit: {
        description: "Ports that only the house's own machines reach",
        // In force before the network is up. No conflict with shutdown.target: it stays to the end.
        defaultDependencies: false,
        wants: ["network-pre.target", watch],
        before: ["network-pre.target"],
        // Debian's own unit begins by clearing all tables.
        after: ["nftables.service"],
      },
      service: {
        type: "oneshot",
        remainAfterExit: true,
        // Nothing at a stop: a restart must not open the ports, nor a stop that somebody did not mean.
        execStart: [[script, "load", file]],
        execReload: [[script, "load", file]],
      },
      install: { wantedBy: ["multi-user.target"] },
    }),
  );
}

/** The text of homelab-firewall-watch.service. */
export function firewallWatch(): string {
  return render(
    serviceUnit({
      unit: {
        description: "Puts the house's firewall rules back when something clears them",
        defaultDependencies: false,
        after: ["homelab-firewall.service"],
        partOf: ["homelab-firewall.service"],
        startLimitIntervalSec: 0,
      },
      service: { type: "exec", execStart: [[script, "watch", file]], restart: "always", restartSec: 1 },
    }),
  );
}

/**
 * A table of nftables of its own, which closes named ports of a node to all but given addresses, and what runs behind the
 * node to whoever is no node of the house. Whoever clears it has it back within a second, and a preview says so.
 */
export class NodeFirewall extends pulumi.ComponentResource {
  readonly unit: Unit;

  constructor(
    name: string,
    { node, ports, members, cluster, sshIdentity }: NodeFirewallArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("homelab:index:NodeFirewall", name, { placement: nothingKeptOn(node) }, opts);
    const base = { ports, own: [node.address], members };
    // A mistake is found now, not when the cluster's networks are known.
    const alone = firewallRules(base);
    const content =
      cluster === undefined
        ? alone
        : pulumi.output(cluster).apply((networks) => firewallRules({ ...base, cluster: networks }));
    this.unit = new Unit(
      `${name}-unit`,
      {
        connection: connectionOf(node, sshIdentity),
        service: "homelab-firewall.service",
        files: [
          { path: "/etc/systemd/system/homelab-firewall.service", content: firewallService() },
          { path: `/etc/systemd/system/${watch}`, content: firewallWatch() },
          {
            path: script,
            content: readFileSync(join(__dirname, "scripts", "firewall.sh"), "utf8"),
            mode: "0755",
          },
          { path: file, content, onChange: "reload" },
        ],
        health: { exec: [script, "check"], timeoutSeconds: 15 },
        onRemoval: [script, "remove"],
        // Whoever has closed SSH to himself is let in again.
        confirmSeconds: 60,
      },
      childOptions(this, opts),
    );
    this.registerOutputs({});
  }
}
