import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../../remote/connection-args";

/** A job of Prefect's: what begins it, and where. */
export interface Deployment {
  /** Work pool whose workers run it. */
  readonly pool: string;
  readonly paused: boolean;
  readonly description: string;
  /** @default nothing begins it by the clock */
  readonly schedule?:
    | { readonly cron: string; readonly timezone: string; readonly day_or: boolean }
    | { readonly interval: number; readonly anchor_date: string; readonly timezone: string }
    | undefined;
  /** What becomes of a run whose predecessor still runs: left out, or begun after it. */
  readonly overlap: "skip" | "wait";
  /** What its flow is given. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, number>>;
}

export interface JobsArgs {
  /** Of the node that Prefect's server runs on. */
  connection: ConnectionArgs;
  /** URL of the server, as reached from where Pulumi runs. */
  endpoint: string;
  /** What its API is asked with, `user:password`: a secret. */
  login: pulumi.Input<string>;
  /** The flow that every job is, and where workers have it. */
  flow: { name: string; path: string; entrypoint: string };
  /** Work pools, one for each node that has a worker. */
  pools: string[];
  /** By name. One that is taken out is paused, and keeps its history. */
  deployments: Record<string, Deployment>;
  /** Alertmanager's API, as reached from the server: it is told of each run that failed. @default nobody is told */
  alertmanager?: string;
}

/**
 * All that is declared of a Prefect server: work pools, deployments, and the automations that settle runs whose worker
 * vanished. Compared with the live one in every preview and put right by an up.
 */
export class Jobs extends pulumi.CustomResource {
  constructor(name: string, args: JobsArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:prefect:Jobs", name, { ...args, login: pulumi.secret(args.login) }, opts);
  }
}
