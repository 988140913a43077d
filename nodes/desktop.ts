import type * as pulumi from "@pulumi/pulumi";
import { declareQueues, watchAgents } from "../components/agents";
import { nodesToWake, wakeForModels } from "../components/inference";
import { HostCheck } from "../components/host-check";
import { PostgresReplica } from "../components/postgres-replica";
import { allAddressesOf, requireAlwaysOn } from "../topology";
import { deployBackupAgent } from "./backup";
import { clusterNetworks, joinCluster } from "./cluster";
import { addresses, readStorageOutputs } from "./storage-outputs";
import { deployFirewall } from "./firewall";
import { watchHealth } from "./health";
import type { StackContext } from "./run-stack";
import { joinMesh, meshCertificate } from "./mesh";
import { deployObjectCopy } from "./object-store";
import { observe } from "./observability";
import { declareJobs, deployJobRunner, jobsFile } from "./jobs";
import { schedulePowerOff } from "./power";
import { replicationOf, currentPrimary } from "./primary";
import { memberOf, runOwn, storageValues } from "./services";

/**
 * desktop: the main machine. Reads where storage's services are; what runs here comes with its own components.
 *
 *   PostgreSQL 18   :5432   a standby of storage's, when homelab:replica.enabled
 *   SeaweedFS       :8333   a second copy of each object, when homelab:seaweedfsCopy.enabled
 *   jobs' worker            when homelab:jobs.enabled; Prefect's server :4200 when homelab:prefect.enabled
 *   NATS            :4222   messages between agents, when homelab:nats.enabled
 *   inference       :4000   local models and cloud accounts, when homelab:inference.enabled; its door's figures :4003
 *   agents                  pools of them, when homelab:agents.pools names one; quadlets, or pods with `cluster`
 *   Alertmanager    :9093   the second one, when homelab:alerts.enabled; node exporter :9100
 *   Grafana         :3000   the dashboards, when homelab:grafana.enabled
 *   repository      :8010   the copy of all backups, when homelab:backup.keepsOffNode
 */
export async function desktop(context: StackContext<"desktop">): Promise<pulumi.Inputs> {
  const { node, topology, settings, connection } = context;
  const { replica, sshIdentity } = settings;
  const nodes = allAddressesOf(topology);
  const standing = await currentPrimary(context);
  const jobs = jobsFile(context);
  const woken = nodesToWake(settings.inference, topology);
  const host = new HostCheck("host", { node, sshIdentity });
  const endpoints = readStorageOutputs("desktop");
  const firewall = deployFirewall(context, clusterNetworks(endpoints), { dependsOn: host.passed });
  const mesh = joinMesh(context, () => meshCertificate(endpoints), { dependsOn: firewall });
  watchHealth(context, { dependsOn: host.passed });
  const agent = joinCluster(context, endpoints, { dependsOn: [firewall, ...mesh.interface] });
  deployBackupAgent(context, endpoints, { dependsOn: firewall });
  if (replica.enabled) {
    new PostgresReplica(
      "postgres",
      {
        node: requireAlwaysOn(node, "PostgresReplica"),
        settings: replica,
        primary: topology.nodes.storage,
        clients: nodes,
        sshIdentity,
        ...replicationOf(endpoints, replica),
      },
      { dependsOn: firewall },
    );
  }
  deployObjectCopy(context, endpoints, { dependsOn: firewall });
  const values = storageValues(endpoints);
  const observed = observe(context, { dependsOn: firewall }, { storage: values });
  const member = memberOf(endpoints, agent);
  const runner = deployJobRunner(context, jobs, { dependsOn: firewall }, member);
  const services = runOwn(
    context,
    values,
    { dependsOn: runner === undefined ? firewall : [firewall, runner] },
    member,
    observed,
  );
  declareJobs(context, jobs, services.declared);
  const { nats } = services.declared;
  if (nats !== undefined) declareQueues(node, connection, settings, nats);
  if (nats !== undefined && settings.metrics.enabled && Object.keys(settings.agents.pools).length > 0)
    watchAgents(connection, { monitorPort: settings.nats.monitorPort }, { dependsOn: nats.unit });
  const door = services.declared["inference-door"];
  if (door !== undefined) wakeForModels(connection, woken, { dependsOn: door.unit });
  schedulePowerOff(context, { dependsOn: host.passed });
  return {
    host: host.facts,
    reads: addresses(endpoints),
    ...services.outputs,
    ...mesh.outputs,
    ...(standing === undefined ? {} : { POSTGRES_PRIMARY: standing }),
  };
}
