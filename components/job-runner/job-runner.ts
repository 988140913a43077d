import * as pulumi from "@pulumi/pulumi";
import { isImage, jobsOn, programOf, type Jobs } from "../../packages/jobs";
import { serviceUnit, socketUnit } from "../../packages/quadlet";
import { Unit } from "../../provider/sdk/remote";
import { jobsDoor } from "../../services";
import { connectionOf, type Node, type NodeName } from "../../topology";
import { childOptions } from "../child-options";
import { DeclaredObjects, type Cluster } from "../k3s";
import { nothingKeptOn } from "../placement";
import { unitFile } from "../unit-files";
import { jobsAccount } from "./account";
import { declaredJobs } from "./declared";
import { script } from "./script";

export interface JobRunnerArgs {
  /** Where the jobs run. It keeps nothing: what a job keeps is the job's. */
  node: Node & { readonly name: NodeName };
  /** All jobs of jobs.yaml; those of other nodes are passed over. */
  jobs: Jobs;
  /** What runs jobs that are images. @default nothing, and there are no such jobs */
  pods?: {
    readonly cluster: Cluster;
    /** What must be there before something is declared in the cluster. */
    readonly dependsOn: pulumi.Resource;
    /** K3s' program on the node. */
    readonly program: string;
  };
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

const name = "homelab-jobs";
const folder = `/usr/local/lib/homelab/${name}`;
const declared = `/etc/homelab/${name}`;
const kubeconfig = `/etc/homelab/${name}-kubeconfig`;

/** Whether any of a node's jobs is an image. */
const hasImages = (jobs: Jobs, node: NodeName) =>
  jobsOn(jobs, node).some(([, job]) => isImage(programOf(job)));

/**
 * What begins a node's jobs: a socket of systemd's behind which a script turns "run JOB" into a transient unit,
 * homelab-job-JOB. Who may open the socket (root, and the worker's container that is given it) may begin and stop what is
 * declared here, and nothing else. @see systemd-run(1)
 */
export class JobRunner extends pulumi.ComponentResource {
  constructor(
    called: string,
    { node, jobs, pods, sshIdentity }: JobRunnerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const objects = new DeclaredObjects();
    super(
      "homelab:index:JobRunner",
      called,
      { placement: nothingKeptOn(node) },
      { ...opts, transformations: [...(opts?.transformations ?? []), objects.collect] },
    );
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);
    const images = pods !== undefined && hasImages(jobs, node.name) ? pods : undefined;
    const account =
      images === undefined
        ? undefined
        : jobsAccount(`${called}-pods`, node, images.cluster, objects, (own) =>
            pulumi.mergeOptions(options({ dependsOn: images.dependsOn }), own),
          );
    const podScript = images === undefined ? undefined : [`${folder}/pod.sh`, images.program, kubeconfig];
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
          {
            path: declared,
            content: declaredJobs(jobs, node, podScript),
            ...{ mode: "0600", onChange: "nothing" },
          },
          script(folder, "door.sh"),
          script(folder, "ended.sh"),
          ...(account === undefined
            ? []
            : [
                script(folder, "pod.sh"),
                { path: kubeconfig, content: account, mode: "0600", onChange: "nothing" as const },
              ]),
        ],
        health: { exec: ["systemctl", "--quiet", "is-active", `${name}.socket`], timeoutSeconds: 15 },
      },
      options(),
    );
    this.registerOutputs({});
  }
}
