import * as pulumi from "@pulumi/pulumi";
import { podBridge, podOverlay } from "../components/k3s";
import { NodeFirewall, type GuardedPort } from "../components/node-firewall";
import { clientsOf, portsOf, type Services } from "../services";
import { addressesOf } from "../topology";
import type { House } from "./house";

/** Ports of the services that run on a node, as its firewall takes them. */
export function guardedPorts(
  { node, settings, topology }: Pick<House, "node" | "settings" | "topology">,
  services?: Services,
): GuardedPort[] {
  return portsOf(node.name, settings, services).map((port) => ({
    name: port.title,
    port: port.port,
    protocol: port.protocol ?? "tcp",
    from: clientsOf(port, topology),
    servedBy: port.servedBy ?? "program",
  }));
}

/**
 * The node's firewall: open is what its services declare, to whom they declare it.
 * @param networks of the cluster's pods and Services, once they are known. Until then the pods' interfaces are closed
 *   all the same.
 */
export function guardNode(
  house: House,
  networks: pulumi.Input<readonly string[]>,
  opts: pulumi.ComponentResourceOptions,
): NodeFirewall {
  const { node, topology, settings } = house;
  const cluster = pulumi
    .output(networks)
    .apply((known) => ({ bridge: podBridge, overlay: podOverlay, networks: known }));
  return new NodeFirewall(
    "firewall",
    {
      node,
      identity: settings.sshIdentity,
      members: addressesOf(topology),
      ports: guardedPorts(house),
      ...(settings.k3s.enabled ? { cluster } : {}),
    },
    opts,
  );
}
