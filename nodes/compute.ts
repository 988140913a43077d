import type * as pulumi from "@pulumi/pulumi";
import { HostCheck } from "../components/host-check";
import { backUp } from "./backup";
import { clusterNetworks, joinCluster } from "./cluster";
import { addresses, storageEndpoints } from "./endpoints";
import { guardNode } from "./firewall";
import type { House } from "./house";
import { observe } from "./observability";
import { letSleep } from "./power";
import { runQuadlets, runServices, storageValues } from "./services";

/**
 * compute: on demand. It may be powered off or rebuilt at any time, so nothing here keeps data: what it works on is
 * in storage's PostgreSQL and MinIO.
 *
 *   Dagster     :3300    each of these is a pod of the cluster, when homelab:compute.enabled;
 *   MLflow      :5050    each can be switched off
 *   vLLM        :8000    with a GPU
 *   llama.cpp   :8081
 *   Ollama      :11434
 *   Qdrant      :6333    off until homelab:compute.qdrant.enabled: a copy of what search has in PostgreSQL
 */
export function compute(house: House<"compute">): pulumi.Inputs {
  const { node, settings } = house;
  const host = new HostCheck("host", { node, identity: settings.sshIdentity });
  const endpoints = storageEndpoints("compute");
  const firewall = guardNode(house, clusterNetworks(endpoints), { dependsOn: host.passed });
  const agent = joinCluster(house, endpoints, { dependsOn: firewall });
  backUp(house, endpoints, { dependsOn: host.passed });
  if (agent !== undefined) runServices(house, endpoints, agent);
  const quadlets = runQuadlets(house, storageValues(endpoints), { dependsOn: firewall });
  observe(house, { dependsOn: firewall });
  letSleep(house, { dependsOn: host.passed });
  return { host: host.facts, reads: addresses(endpoints), ...quadlets };
}
