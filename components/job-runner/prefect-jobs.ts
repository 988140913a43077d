import * as pulumi from "@pulumi/pulumi";
import type { Jobs } from "../../packages/jobs";
import { Jobs as Declared } from "../../provider/sdk/prefect";
import type { Unit } from "../../provider/sdk/remote";
import type { ConnectionArgs } from "../../remote/connection-args";
import { jobsFlow, prefectLogin, secretName } from "../../services";
import { connectionOf, hostPort, nodeNames, type Node, type Topology } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn } from "../placement";
import { timed } from "../unit-files";
import { needsWatched } from "./needs";
import { script } from "./script";
import { plannedJobs } from "./planned";

export interface PrefectJobsArgs {
  /** Where Prefect's server runs. What it keeps is its service's. */
  node: Node<"always-on">;
  /** All nodes: those that jobs need are looked for. */
  topology: Topology;
  /** All jobs of jobs.yaml. */
  jobs: Jobs;
  /** Port of the server. */
  port: number;
  /** What was made for its login: a secret. */
  password: pulumi.Input<string>;
  /** Port of the node's Alertmanager, which is told of each run that failed. @default nobody is told */
  alertmanagerPort?: number;
  /** Where PostgreSQL with Prefect's tables is on this node, and files of metrics are: then Prometheus is told how the jobs are. @default it is not told */
  metrics?: { directory: string; role: string; database: string };
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/** The jobs of the house in a Prefect server: compared with the live one in every preview, put right by an up. */
export class PrefectJobs extends pulumi.ComponentResource {
  constructor(
    name: string,
    { node, topology, jobs, port, password, alertmanagerPort, metrics, sshIdentity }: PrefectJobsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("homelab:index:PrefectJobs", name, { placement: nothingKeptOn(node) }, opts);
    const connection = connectionOf(node, sshIdentity);
    const declared = new Declared(
      `${name}-declared`,
      {
        connection,
        endpoint: `http://${hostPort(node.address, port)}`,
        login: pulumi.output(password).apply(prefectLogin),
        flow: { name: jobsFlow.name, path: jobsFlow.path, entrypoint: jobsFlow.entrypoint },
        pools: nodeNames.filter((one) => Object.values(jobs).some((job) => job.node === one)),
        deployments: plannedJobs(jobs),
        ...(alertmanagerPort === undefined
          ? {}
          : { alertmanager: `http://127.0.0.1:${alertmanagerPort}/api/v2/alerts` }),
      },
      childOptions(this, opts),
    );
    needsWatched(
      `${name}-needs`,
      { connection, jobs, topology, port },
      childOptions(this, opts, { dependsOn: declared }),
    );
    if (metrics !== undefined) watched(`${name}-health`, connection, metrics, childOptions(this, opts));
    this.registerOutputs({});
  }
}

/** A timer that writes how the jobs are, from Prefect's tables: Prefect itself may be dead. */
function watched(
  name: string,
  connection: ConnectionArgs,
  { directory, role, database }: NonNullable<PrefectJobsArgs["metrics"]>,
  opts: pulumi.CustomResourceOptions,
): Unit {
  const unit = "homelab-jobs-health";
  const folder = `/usr/local/lib/homelab/${unit}`;
  return timed(
    name,
    {
      ...{ connection, unit },
      timer: {
        unit: { description: "How the jobs of the house are, every 30 seconds" },
        timer: { onActiveSec: 30, onUnitInactiveSec: 30, accuracySec: 1 },
      },
      service: {
        unit: { description: "How the jobs of the house are, for Prometheus" },
        service: {
          type: "oneshot",
          nice: 10,
          execStart: [
            [
              `${folder}/health.sh`,
              directory,
              role,
              database,
              secretName("prefect", "database"),
              jobsFlow.name,
            ],
          ],
          timeoutStartSec: 60,
        },
      },
      scripts: [script(folder, "health.sh"), { ...script(folder, "health.sql"), mode: "0644" }],
    },
    opts,
  );
}
