import * as pulumi from "@pulumi/pulumi";
import type { queuesSchema } from "../handlers/nats/queues";
import type { Args } from "./args";

export type QueuesArgs = Args<typeof queuesSchema, "password">;

/** Streams and consumers of JetStream by which pools of agents are given tasks. Removing it leaves the streams. */
export class Queues extends pulumi.CustomResource {
  constructor(name: string, args: QueuesArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:nats:Queues", name, { ...args, password: pulumi.secret(args.password) }, opts);
  }
}
