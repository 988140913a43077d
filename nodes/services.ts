import * as pulumi from "@pulumi/pulumi";
import { unknown } from "@pulumi/pulumi/output";
import { ComputeNode } from "../components/compute-node";
import type { K3sAgent } from "../components/k3s";
import { UserError } from "../components/user-error";
import type { StorageOutputs } from "./storage-outputs";
import type { StackContext } from "./run-stack";
import { portsOf, quadletsOn, urlsOf, type StorageValues } from "../services";
import { QuadletService } from "../components/quadlet-service";

/** What runs on compute in the cluster, when its settings say so. */
export function runServices(
  { node, settings }: StackContext<"compute">,
  endpoints: pulumi.Output<StorageOutputs | undefined>,
  agent: K3sAgent,
): void {
  if (!settings.compute.enabled) return;
  new ComputeNode(
    "compute",
    {
      node,
      settings: settings.compute,
      sshIdentity: settings.sshIdentity,
      cluster: {
        kubeconfig: known(endpoints, ({ kubeconfig }) => kubeconfig),
        identifier: pulumi.unsecret(known(endpoints, ({ CLUSTER_IDENTIFIER }) => CLUSTER_IDENTIFIER)),
        generation: agent.generation,
      },
      storage: storageValues(endpoints),
    },
    { dependsOn: agent },
  );
}

/**
 * The node's services that run as quadlets: all of services/ that are switched on and say how they run.
 * @param others passwords of services that a component of their own runs
 * @returns what was declared, by service, and all passwords as a stack output.
 */
export function runQuadlets(
  { node, settings, topology }: StackContext,
  storage: pulumi.Output<StorageValues>,
  opts: pulumi.ComponentResourceOptions,
  others: Readonly<Record<string, Readonly<Record<string, pulumi.Output<string>>>>> = {},
): { readonly declared: Readonly<Record<string, QuadletService>>; readonly outputs: pulumi.Inputs } {
  const urls = urlsOf(node, portsOf(node.name, settings), node);
  const all: [string, QuadletService][] = [];
  // Workloads come last: they may ask for what the others have.
  for (const { name, service, own, keeps, run } of quadletsOn({ node, topology }, settings)) {
    const declared = new QuadletService(
      name,
      {
        ...{ node, run, keeps, storage, urls, sshIdentity: settings.sshIdentity },
        services: Object.fromEntries(all.map(([other, of]) => [other, of.passwords])),
        passwords: service.passwords?.(own) ?? [],
        secrets: service.secrets?.(own) ?? {},
      },
      opts,
    );
    all.push([name, declared]);
  }
  const passwords = all.map(([name, of]): [string, QuadletService["passwords"]] => [name, of.passwords]);
  const some = [...passwords, ...Object.entries(others)].filter(([, own]) => Object.keys(own).length > 0);
  return {
    declared: Object.fromEntries(all),
    outputs: some.length === 0 ? {} : { passwords: pulumi.secret(Object.fromEntries(some)) },
  };
}

/** What services are given of storage. */
export const storageValues = (endpoints: pulumi.Output<StorageOutputs | undefined>) =>
  known(endpoints, ({ dsns, S3_ENDPOINT, s3, passwords }): StorageValues => ({
    ...{ dsns, s3Endpoint: S3_ENDPOINT, s3 },
    ...(passwords === undefined ? {} : { passwords }),
  }));

/** A part of what storage hands out. In a preview before storage's first up it is not known, as what an up would make. */
function known<T>(
  endpoints: pulumi.Output<StorageOutputs | undefined>,
  part: (all: StorageOutputs) => T | undefined,
): pulumi.Output<T> {
  return endpoints.apply<T>((all) => {
    if (all === undefined) return unknown as unknown as T;
    const found = part(all);
    if (found !== undefined) return found;
    throw new UserError(
      "homelab:compute.enabled is true, but storage has no cluster: set homelab:k3s.enabled there and run `pulumi up --stack storage` first.",
    );
  });
}
