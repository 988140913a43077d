import * as pulumi from "@pulumi/pulumi";
import type { Jobs } from "../../packages/jobs";
import { Jobs as Declared } from "../../provider/sdk/prefect";
import { jobsFlow, prefectLogin } from "../../services";
import { connectionOf, hostPort, nodeNames, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn } from "../placement";
import { plannedJobs } from "./planned";

export interface PrefectJobsArgs {
  /** Where Prefect's server runs. What it keeps is its service's. */
  node: Node<"always-on">;
  /** All jobs of jobs.yaml. */
  jobs: Jobs;
  /** Port of the server. */
  port: number;
  /** What was made for its login: a secret. */
  password: pulumi.Input<string>;
  /** Port of the node's Alertmanager, which is told of each run that failed. @default nobody is told */
  alertmanagerPort?: number;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/** The jobs of the house in a Prefect server: compared with the live one in every preview, put right by an up. */
export class PrefectJobs extends pulumi.ComponentResource {
  constructor(
    name: string,
    { node, jobs, port, password, alertmanagerPort, sshIdentity }: PrefectJobsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("homelab:index:PrefectJobs", name, { placement: nothingKeptOn(node) }, opts);
    new Declared(
      `${name}-declared`,
      {
        connection: connectionOf(node, sshIdentity),
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
    this.registerOutputs({});
  }
}
