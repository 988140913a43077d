import * as pulumi from "@pulumi/pulumi";
import type { Jobs } from "../../packages/jobs";
import { serviceUnit, socketUnit } from "../../packages/quadlet";
import { Unit } from "../../provider/sdk/remote";
import { jobsDoor } from "../../services";
import { connectionOf, type Node, type NodeName } from "../../topology";
import { childOptions } from "../child-options";
import { nothingKeptOn } from "../placement";
import { unitFile } from "../unit-files";
import { declaredJobs } from "./declared";
import { script } from "./script";

export interface JobRunnerArgs {
  /** Where the jobs run. It keeps nothing: what a job keeps is the job's. */
  node: Node & { readonly name: NodeName };
  /** All jobs of jobs.yaml; those of other nodes are passed over. */
  jobs: Jobs;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

const name = "homelab-jobs";
const folder = `/usr/local/lib/homelab/${name}`;
const declared = `/etc/homelab/${name}`;

/**
 * What begins a node's jobs: a socket of systemd's behind which a script turns "run JOB" into a transient unit,
 * homelab-job-JOB. Who may open the socket (root, and the worker's container that is given it) may begin and stop what is
 * declared here, and nothing else. @see systemd-run(1)
 */
export class JobRunner extends pulumi.ComponentResource {
  constructor(
    called: string,
    { node, jobs, sshIdentity }: JobRunnerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("homelab:index:JobRunner", called, { placement: nothingKeptOn(node) }, opts);
    new Unit(
      `${called}-door`,
      {
        connection: connectionOf(node, sshIdentity),
        service: `${name}.socket`,
        files: [
          unitFile(
            `${name}.socket`,
            socketUnit({
              unit: { description: "Where a worker asks for a job of this node" },
              socket: { listenStream: `${jobsDoor}/socket`, socketMode: "0600", maxConnections: 256 },
            }),
          ),
          unitFile(
            `${name}@.service`,
            serviceUnit({
              unit: { description: "A job that is watched" },
              service: {
                type: "exec",
                execStart: [[`${folder}/door.sh`, declared]],
                standardInput: "socket",
              },
            }),
          ),
          { path: declared, content: declaredJobs(jobs, node.name), mode: "0600", onChange: "nothing" },
          script(folder, "door.sh"),
          script(folder, "ended.sh"),
        ],
        health: { exec: ["systemctl", "--quiet", "is-active", `${name}.socket`], timeoutSeconds: 15 },
      },
      childOptions(this, opts),
    );
    this.registerOutputs({});
  }
}
