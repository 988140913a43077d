import * as pulumi from "@pulumi/pulumi";
import { unknown } from "@pulumi/pulumi/output";
import { ComputeNode, type StorageServices } from "../components/compute-node";
import type { K3sAgent } from "../components/k3s";
import { Refusal } from "../components/refusal";
import type { StorageEndpoints } from "./endpoints";
import type { House } from "./house";

/** What runs on compute in the cluster, when its settings say so. */
export function runServices(
  { node, settings }: House<"compute">,
  endpoints: pulumi.Output<StorageEndpoints | undefined>,
  agent: K3sAgent,
): void {
  if (!settings.compute.enabled) return;
  new ComputeNode(
    "compute",
    {
      node,
      settings: settings.compute,
      identity: settings.sshIdentity,
      cluster: {
        kubeconfig: known(endpoints, ({ kubeconfig }) => kubeconfig),
        identifier: pulumi.unsecret(known(endpoints, ({ CLUSTER_IDENTIFIER }) => CLUSTER_IDENTIFIER)),
        generation: agent.generation,
      },
      storage: known(endpoints, ({ dsns, S3_ENDPOINT, s3 }): StorageServices => ({
        dsns,
        s3Endpoint: S3_ENDPOINT,
        s3,
      })),
    },
    { dependsOn: agent },
  );
}

/** A part of what storage hands out. In a preview before storage's first up it is not known, as what an up would make. */
function known<T>(
  endpoints: pulumi.Output<StorageEndpoints | undefined>,
  part: (all: StorageEndpoints) => T | undefined,
): pulumi.Output<T> {
  return endpoints.apply<T>((all) => {
    if (all === undefined) return unknown as unknown as T;
    const found = part(all);
    if (found !== undefined) return found;
    throw new Refusal(
      "homelab:compute.enabled is true, but storage has no cluster: set homelab:k3s.enabled there and run `pulumi up --stack storage` first.",
    );
  });
}
