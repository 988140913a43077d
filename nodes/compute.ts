import type * as pulumi from "@pulumi/pulumi";
import { HostCheck } from "../components/host-check";
import { deployBackupAgent } from "./backup";
import { clusterNetworks, joinCluster } from "./cluster";
import { addresses, readStorageOutputs } from "./storage-outputs";
import { deployFirewall } from "./firewall";
import { watchHealth } from "./health";
import type { StackContext } from "./run-stack";
import { joinMesh, meshCertificate } from "./mesh";
import { observe } from "./observability";
import { schedulePowerOff } from "./power";
import { deployJobRunner, jobsFile } from "./jobs";
import { memberOf, runOwn, runServices, storageValues } from "./services";

/**
 * compute: on demand. It may be powered off or rebuilt at any time, so nothing here keeps data: what it works on is
 * in storage's PostgreSQL and object store.
 *
 *   Dagster     :3300    each of these is a pod of the cluster, when homelab:compute.enabled;
 *   MLflow      :5050    each can be switched off
 *   vLLM        :8000    with a GPU
 *   llama.cpp   :8081
 *   Ollama      :11434
 *   Qdrant      :6333    off until homelab:compute.qdrant.enabled: a copy of what search has in PostgreSQL
 *   workloads            of homelab:workloads, as on every node; quadlets, or pods with `cluster`
 */
export function compute(context: StackContext<"compute">): pulumi.Inputs {
  const { node, settings } = context;
  const jobs = jobsFile(context);
  const host = new HostCheck("host", { node, sshIdentity: settings.sshIdentity });
  const endpoints = readStorageOutputs("compute");
  const firewall = deployFirewall(context, clusterNetworks(endpoints), { dependsOn: host.passed });
  const mesh = joinMesh(context, () => meshCertificate(endpoints), { dependsOn: firewall });
  watchHealth(context, { dependsOn: host.passed });
  const agent = joinCluster(context, endpoints, { dependsOn: [firewall, ...mesh.interface] });
  deployBackupAgent(context, endpoints, { dependsOn: host.passed });
  if (agent !== undefined) runServices(context, endpoints, agent);
  const member = memberOf(endpoints, agent);
  const runner = deployJobRunner(context, jobs, { dependsOn: firewall }, member);
  const { outputs: own } = runOwn(
    context,
    storageValues(endpoints),
    { dependsOn: runner === undefined ? firewall : [firewall, runner] },
    member,
  );
  observe(context, { dependsOn: firewall });
  schedulePowerOff(context, { dependsOn: host.passed });
  return { host: host.facts, reads: addresses(endpoints), ...own, ...mesh.outputs };
}
