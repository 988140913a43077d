import * as pulumi from "@pulumi/pulumi";
import { podBridge, podOverlay } from "../components/k3s";
import { NodeFirewall, type FirewallPort } from "../components/node-firewall";
import { clientsOf, meshClientsOf, portsOf, type Services } from "../services";
import { addressesOf } from "../topology";
import type { StackContext } from "./run-stack";

/** Ports of the services that run on a node, as its firewall takes them. */
export function firewallPorts(
  { node, settings, topology }: Pick<StackContext, "node" | "settings" | "topology">,
  services?: Services,
): FirewallPort[] {
  return portsOf(node.name, settings, services).map((port) => ({
    name: port.title,
    port: port.port,
    protocol: port.protocol ?? "tcp",
    from: clientsOf(port, topology, settings.mesh.enabled && settings.mesh.only),
    servedBy: port.servedBy ?? "program",
    ...(settings.mesh.enabled
      ? { byMesh: meshClientsOf(port, node, topology, settings.mesh.operators.length > 0) }
      : {}),
  }));
}

/**
 * The node's firewall: open is what its services declare, to whom they declare it.
 * @param networks of the cluster's pods and Services, once they are known. Until then the pods' interfaces are closed
 *   all the same.
 */
export function deployFirewall(
  context: StackContext,
  networks: pulumi.Input<readonly string[]>,
  opts: pulumi.ComponentResourceOptions,
): NodeFirewall {
  const { node, topology, settings } = context;
  const cluster = pulumi
    .output(networks)
    .apply((known) => ({ bridge: podBridge, overlay: podOverlay, networks: known }));
  return new NodeFirewall(
    "firewall",
    {
      node,
      sshIdentity: settings.sshIdentity,
      members: addressesOf(topology),
      ports: firewallPorts(context),
      ...(settings.k3s.enabled ? { cluster } : {}),
    },
    opts,
  );
}
