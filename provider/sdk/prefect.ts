import * as pulumi from "@pulumi/pulumi";
import type { deploymentSchema, jobsSchema } from "../handlers/prefect/inputs";
import type { Args } from "./args";

/** A job of Prefect's: what begins it, and where. */
export type Deployment = Args<typeof deploymentSchema>;

export type JobsArgs = Args<typeof jobsSchema, "login">;

/**
 * All that is declared of a Prefect server: work pools, deployments, and the automations that settle runs whose worker
 * vanished. Compared with the live one in every preview and put right by an up.
 */
export class Jobs extends pulumi.CustomResource {
  constructor(name: string, args: JobsArgs, opts?: pulumi.CustomResourceOptions) {
    super("homelab:prefect:Jobs", name, { ...args, login: pulumi.secret(args.login) }, opts);
  }
}
