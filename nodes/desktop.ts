import type * as pulumi from "@pulumi/pulumi";
import { HostCheck } from "../components/host-check";
import { PostgresReplica } from "../components/postgres-replica";
import { addressesOf, requireAlwaysOn } from "../topology";
import { backUp } from "./backup";
import { clusterNetworks, joinCluster } from "./cluster";
import { addresses, storageEndpoints } from "./endpoints";
import { guardNode } from "./firewall";
import type { House } from "./house";
import { observe } from "./observability";
import { letSleep } from "./power";
import { replicationOf, standingOnDesktop } from "./primary";
import { runQuadlets, storageValues } from "./services";

/**
 * desktop: the main machine. Reads where storage's services are; what runs here comes with its own components.
 *
 *   PostgreSQL 18   :5432   a standby of storage's, when homelab:replica.enabled
 *   NATS            :4222   messages between agents, when homelab:nats.enabled
 *   Alertmanager    :9093   the second one, when homelab:alerts.enabled; node exporter :9100
 *   Grafana         :3000   the dashboards, when homelab:grafana.enabled
 *   repository      :8010   the copy of all backups, when homelab:backup.keepsOffNode
 */
export async function desktop(house: House<"desktop">): Promise<pulumi.Inputs> {
  const { node, topology, settings } = house;
  const { replica, sshIdentity: identity } = settings;
  const nodes = addressesOf(topology);
  const standing = await standingOnDesktop(house);
  const host = new HostCheck("host", { node, identity });
  const endpoints = storageEndpoints("desktop");
  const firewall = guardNode(house, clusterNetworks(endpoints), { dependsOn: host.passed });
  joinCluster(house, endpoints, { dependsOn: firewall });
  backUp(house, endpoints, { dependsOn: firewall });
  if (replica.enabled) {
    new PostgresReplica(
      "postgres",
      {
        node: requireAlwaysOn(node, "PostgresReplica"),
        settings: replica,
        primary: topology.nodes.storage,
        clients: nodes,
        identity,
        ...replicationOf(endpoints, replica),
      },
      { dependsOn: firewall },
    );
  }
  const values = storageValues(endpoints);
  const observed = observe(house, { dependsOn: firewall }, { storage: values });
  const services = runQuadlets(house, values, { dependsOn: firewall }, observed);
  letSleep(house, { dependsOn: host.passed });
  return {
    host: host.facts,
    reads: addresses(endpoints),
    ...services,
    ...(standing === undefined ? {} : { POSTGRES_PRIMARY: standing }),
  };
}
