import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../../remote/connection-args";

export interface QueuesArgs {
  /** Of the node that NATS runs on: whether that is on tells a NATS that does not answer from a node that is off. */
  connection: ConnectionArgs;
  /** Address and port of NATS, as reached from where Pulumi runs. */
  server: string;
  /** A user who may use JetStream's API. */
  user: string;
  /** That user's password: a secret. */
  password: pulumi.Input<string>;
  /** Name of the stream of tasks; that of results has `_DONE` behind it. */
  stream: string;
  /** Each pool's turns, the seconds without a sign of life after which a task is given out again, and how often that is done. */
  pools: Record<string, { turns: number; aliveSeconds: number; tries: number }>;
}

/** Streams and consumers of JetStream by which pools of agents are given tasks. Removing it leaves the streams. */
export class Queues extends pulumi.CustomResource {
  constructor(name: string, args: QueuesArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:nats:Queues", name, { ...args, password: pulumi.secret(args.password) }, opts);
  }
}
