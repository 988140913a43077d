import * as pulumi from "@pulumi/pulumi";
import { Admission } from "../components/admission";
import { HostCheck } from "../components/host-check";
import { nodesToWake, wakeForModels } from "../components/inference";
import { K3sServer } from "../components/k3s";
import { PowerKeeper } from "../components/power";
import { PostgresNode } from "../components/postgres-node";
import { admissionRules } from "../policies/admission";
import { engineTopology } from "../policies/watch/topology";
import { closeAll } from "../remote/ssh";
import { postgresWith } from "../services";
import { allAddressesOf, hostPort, nodeNames, requireAlwaysOn } from "../topology";
import { deployBackupServer } from "./backup";
import { stackOutputs } from "./storage-outputs";
import { deployFirewall } from "./firewall";
import { watchHealth } from "./health";
import type { StackContext } from "./run-stack";
import { deployHeadscale, joinMesh } from "./mesh";
import { declareMigrations } from "./migrations";
import { deployObjectStore } from "./object-store";
import { requireObjectsServed } from "./objects-there";
import { observe } from "./observability";
import { requirePrimary } from "./primary";
import { declareJobs, deployJobRunner, jobsFile } from "./jobs";
import { runOwn } from "./services";

/**
 * storage: always on; all data of the house.
 *
 *   PostgreSQL 18   :5432   agent_gateway, dagster, mlflow; a standby on desktop when homelab:postgres.replica.enabled
 *                           and databases moved from other servers, when homelab:migrations names some
 *   SeaweedFS       :8333   S3: parquet, iceberg, mlflow; or MinIO :9000 and its console :9001, as homelab:objectStore.engine
 *                           says
 *   K3s' server     :6443   when homelab:k3s.enabled; with the placement rule as its admission policies
 *   Prefect         :4200   the jobs of jobs.yaml, when homelab:prefect.enabled; their worker when homelab:jobs.enabled
 *   headscale       :8444   coordinates the mesh, when homelab:headscale.enabled; :3478 UDP
 *   last words      :4009   of nodes that go off, when homelab:power.enabled; and the timers that wake them
 *   Prometheus      :9090   what all nodes measure, when homelab:prometheus.enabled; Alertmanager :9093, exporters :9100
 *                           and :9187, Loki :3100 (or VictoriaLogs :9428) with the logs of all nodes
 *   backups         :8010   of all of it, in homelab:backup.directory; the port when homelab:backup.files
 */
export async function storage(context: StackContext<"storage">): Promise<pulumi.Inputs> {
  const { topology, settings } = context;
  const node = requireAlwaysOn(context.node, "storage");
  const sshIdentity = settings.sshIdentity;
  const nodes = allAddressesOf(topology);
  const { k3s } = settings;
  const { replica } = settings.postgres;
  const [bucketsThere] = await Promise.all([
    requireObjectsServed(context),
    requirePrimary(topology, settings),
  ]).finally(closeAll);

  const networks = k3s.enabled ? [k3s.podNetwork] : [];

  const jobs = jobsFile(context);
  const woken = nodesToWake(settings.inference, topology);
  const host = new HostCheck("host", { node, sshIdentity });
  const firewall = deployFirewall(context, [k3s.podNetwork, k3s.serviceNetwork], { dependsOn: host.passed });
  watchHealth(context, { dependsOn: host.passed });

  const headscale = deployHeadscale(context, { dependsOn: firewall });
  const mesh = joinMesh(context, () => headscale?.certificate, {
    dependsOn: headscale?.server.unit ?? firewall,
  });

  const postgres = new PostgresNode(
    "postgres",
    {
      node,
      sshIdentity,
      settings: postgresWith(settings),
      clients: nodes,
      // Pods on other nodes come with their node's address, those on this one with their own.
      networks,
      ...(replica.enabled ? { standby: requireAlwaysOn(topology.nodes.desktop, "A standby") } : {}),
    },
    { dependsOn: firewall },
  );

  declareMigrations({ topology, settings }, node, postgres);

  const store = await deployObjectStore(context, { node, firewall, bucketsThere });

  if (settings.power.enabled) {
    new PowerKeeper(
      "power",
      { node, topology, settings: settings.power, sshIdentity },
      { dependsOn: firewall },
    );
  }
  const backup = settings.backup.enabled
    ? deployBackupServer({ topology, node, settings, postgres, store, firewall })
    : undefined;

  const own = pulumi.output({
    dsns: postgres.endpoints.ownDsns,
    s3Endpoint: `http://${hostPort(node.address, store.backedUp.apiPort)}`,
    s3: store.endpoints.users,
  });
  const observed = observe(context, { dependsOn: firewall }, { postgres });
  const server = k3s.enabled
    ? new K3sServer(
        "k3s",
        { node, sshIdentity, settings: k3s, agents: nodeNames.filter((name) => name !== node.name) },
        { dependsOn: [firewall, ...mesh.interface] },
      )
    : undefined;
  const cluster = server?.endpoints;
  const admission =
    server === undefined
      ? undefined
      : new Admission(
          "admission",
          { node, cluster: server.endpoints, rules: admissionRules(engineTopology(topology)) },
          { deletedWith: server.generation },
        );

  const member =
    server === undefined || admission === undefined
      ? undefined
      : { cluster: { ...server.endpoints, generation: server.generation }, dependsOn: admission };
  const runner = deployJobRunner(context, jobs, { dependsOn: firewall }, member);

  const services = runOwn(
    context,
    own,
    { dependsOn: [postgres, ...store.components, ...(runner === undefined ? [] : [runner])] },
    member,
    observed,
  );
  declareJobs(context, jobs, services.declared);
  const door = services.declared["inference-door"];
  if (door !== undefined) wakeForModels(context.connection, woken, { dependsOn: door.unit });

  const handedOut = stackOutputs({
    POSTGRES_HOST: postgres.endpoints.host,
    POSTGRES_PORT: postgres.endpoints.port,
    dsns: postgres.endpoints.dsns,
    S3_ENDPOINT: store.endpoints.endpoint,
    ...(store.console === undefined ? {} : { S3_CONSOLE: store.console }),
    s3: store.endpoints.users,
    ...(replica.enabled
      ? {
          POSTGRES_PRIMARY: node.name,
          failoverDsns: postgres.endpoints.failoverDsns,
          replication: {
            password: postgres.endpoints.replicationPassword,
            baseImage: settings.postgres.baseImage,
            maxConnections: settings.postgres.maxConnections,
            settings: settings.postgres.settings,
            search: settings.postgres.search,
            slotLimit: replica.slotLimit,
            networks,
            port: replica.port,
          },
        }
      : {}),
    ...(store.copy === undefined ? {} : { objectCopy: store.copy }),
    ...(backup === undefined ? {} : { backup }),
    ...(headscale === undefined ? {} : { MESH_CERTIFICATE: headscale.certificate }),
    ...(cluster === undefined
      ? {}
      : {
          K3S_URL: cluster.server,
          K3S_VERSION: cluster.version,
          CLUSTER_IDENTIFIER: cluster.identifier,
          CLUSTER_NETWORKS: [k3s.podNetwork, k3s.serviceNetwork],
          kubeconfig: cluster.kubeconfig,
          k3sAgentToken: cluster.agentToken,
          k3sNodePasswords: cluster.nodePasswords,
        }),
  });
  return { ...handedOut, ...services.outputs, ...mesh.outputs };
}
