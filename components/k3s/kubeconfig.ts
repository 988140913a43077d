import { createHash } from "node:crypto";
import { parse, stringify } from "yaml";
import { z } from "zod";

const kubeconfigSchema = z.looseObject({
  clusters: z
    .array(
      z.looseObject({
        cluster: z.looseObject({ server: z.string(), "certificate-authority-data": z.string().min(1) }),
      }),
    )
    .length(1),
});

function read(text: string): z.infer<typeof kubeconfigSchema> {
  // The text is a secret: no part of it may stand in a message.
  let raw: unknown;
  try {
    raw = parse(text);
  } catch {
    raw = undefined;
  }
  const parsed = kubeconfigSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new Error("The kubeconfig that K3s wrote names no single cluster with its certificate authority.");
}

/** The kubeconfig that K3s wrote for its own node, for use from elsewhere. @param server see serverUrl in config.ts */
export function forClients(text: string, server: string): string {
  const config = read(text);
  return stringify({
    ...config,
    clusters: config.clusters.map((each) => ({ ...each, cluster: { ...each.cluster, server } })),
  });
}

/** The kubeconfig of a ServiceAccount, for use by a program. @param text one of the same cluster, for clients */
export function forAccount(text: string, token: string): string {
  const {
    clusters: [only],
  } = read(text);
  return stringify({
    ...{ apiVersion: "v1", kind: "Config", "current-context": "account" },
    clusters: [{ name: "cluster", cluster: only?.cluster }],
    users: [{ name: "account", user: { token } }],
    contexts: [{ name: "account", context: { cluster: "cluster", user: "account" } }],
  });
}

/**
 * What tells this cluster from any other: for `clusterIdentifier` of the Kubernetes provider, which else takes every
 * changed kubeconfig for another cluster and makes everything anew.
 * @param authority the certificate of the server's authority.
 */
export function clusterIdentifier(authority: string): string {
  return `homelab-${createHash("sha256").update(authority.trim()).digest("hex").slice(0, 16)}`;
}
