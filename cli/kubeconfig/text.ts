import { stringify } from "yaml";
import type { Credentials } from "../../remote/access";
import { hostPort } from "../../topology";

/**
 * A kubeconfig for kubectl, k9s and whatever else reads one.
 * @param address of storage, by which whoever uses it reaches the API
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
export function kubeconfigText(name: string, address: string, given: Credentials): string {
  const cluster = "homelab";
  const context = `${name}@${cluster}`;
  const server = `https://${hostPort(address, Number(new URL(given.server).port || 443))}`;
  const text = stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: cluster, cluster: { server, "certificate-authority-data": given.authority } }],
    users: [{ name: context, user: { token: given.token } }],
    contexts: [{ name: context, context: { cluster, user: context } }],
    "current-context": context,
  });
  return `# Good until ${given.expires}, or until \`homelab kubeconfig revoke ${name}\`.\n${text}`;
}
