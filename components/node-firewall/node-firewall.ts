import * as pulumi from "@pulumi/pulumi";
import { Unit } from "../../provider/sdk/remote";
import { render, serviceUnit } from "../../quadlet";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn } from "../placement";
import { firewallRules, type GuardedPort } from "./rules";

export interface NodeFirewallArgs {
  node: Node;
  /** Ports to guard; all others are left alone. */
  ports: readonly GuardedPort[];
  /** Interfaces behind which the node's own pods are: they are let in. @default none */
  inside?: readonly string[];
  /** Path of the private key for SSH. @default the SSH agent is asked */
  identity: string | undefined;
}

const nft = "/usr/sbin/nft";
const file = "/etc/homelab/firewall.nft";

/** The text of homelab-firewall.service. */
export function firewallService(): string {
  return render(
    serviceUnit({
      unit: {
        description: "Ports that only the house's own machines reach",
        // In force before the network is up. No conflict with shutdown.target: it stays to the end.
        defaultDependencies: false,
        wants: ["network-pre.target"],
        before: ["network-pre.target"],
        // Debian's own unit begins by clearing all tables.
        after: ["nftables.service"],
      },
      service: {
        type: "oneshot",
        remainAfterExit: true,
        execStart: [[nft, "-f", file]],
        execReload: [[nft, "-f", file]],
        execStop: [[nft, "delete", "table", "inet", "homelab"]],
      },
      install: { wantedBy: ["multi-user.target"] },
    }),
  );
}

/** A table of nftables of its own, which closes named ports of a node to all but given addresses. */
export class NodeFirewall extends pulumi.ComponentResource {
  readonly unit: Unit;

  constructor(
    name: string,
    { node, ports, inside, identity }: NodeFirewallArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("homelab:index:NodeFirewall", name, { placement: nothingKeptOn(node) }, opts);
    this.unit = new Unit(
      `${name}-unit`,
      {
        connection: connectionOf(node, identity),
        service: "homelab-firewall.service",
        files: [
          { path: "/etc/systemd/system/homelab-firewall.service", content: firewallService() },
          // A reload replaces the rules at once; a restart would leave the ports open in between.
          { path: file, content: firewallRules(ports, [node.address], inside), onChange: "reload" },
        ],
        health: { exec: [nft, "list", "chain", "inet", "homelab", "input"], timeoutSeconds: 15 },
      },
      childOptions(this, opts),
    );
    this.registerOutputs({});
  }
}
