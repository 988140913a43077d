import * as pulumi from "@pulumi/pulumi";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import { Contents } from "../../provider/sdk/kubernetes";
import { runsPolicy } from "../../services";
import type { Node } from "../../topology";
import { clusterSpace, forAccount, type Cluster, type DeclaredObjects } from "../k3s";
import { declareRights } from "../pod-service";
import { jobsNamespace } from "./image";

const account = "runner";

/** What scripts/pod.sh does, in the jobs' namespace alone. */
const rules = [
  { apiGroups: ["batch"], resources: ["jobs"], verbs: ["create", "delete", "get", "list", "watch"] },
  { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] },
];

/**
 * The account by which a node begins its jobs that are images: it may make Jobs in one namespace, which the API server holds
 * to this node, as nobody.
 * @param declared what is declared in the cluster, collected by the component
 * @returns the account's kubeconfig: a secret
 */
export function jobsAccount(
  name: string,
  node: Node,
  cluster: Cluster,
  declared: DeclaredObjects,
  options: (own?: pulumi.CustomResourceOptions) => pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const namespace = jobsNamespace(node);
  const { inCluster, inNamespace } = clusterSpace(name, cluster, namespace, options);
  const within = (
    _: string,
    given: pulumi.CustomResourceOptions,
    needs: readonly pulumi.Resource[],
  ): pulumi.CustomResourceOptions => pulumi.mergeOptions(options({ dependsOn: [...needs] }), given);
  const limits = runsPolicy(node, namespace, account, { by: "jobs", one: "A job of the house" });
  const rights = declareRights(name, { name: account, account: { rules, limits } }, namespace, within, {
    ...{ inNamespace, inCluster },
  });
  const compared = [...declared.objects];
  const secret = { name: account, namespace };
  // The cluster writes the token into it; the plugin waits for that.
  const token = new Secret(
    `${name}-token`,
    {
      metadata: { ...secret, annotations: { "kubernetes.io/service-account.name": account } },
      type: "kubernetes.io/service-account-token",
    },
    within(`${name}-token`, inNamespace, rights),
  );
  new Contents(
    `${name}-contents`,
    {
      kubeconfig: cluster.kubeconfig,
      // By its name alone: another one in its place would have a token that the node does not know.
      objects: [...compared, { apiVersion: "v1", kind: "Secret", metadata: secret }],
    },
    options({ dependsOn: declared.resources }),
  );
  return pulumi.secret(
    pulumi.all([cluster.kubeconfig, token.data]).apply(([text, { token: given }]) => {
      if (given === undefined)
        throw new Error(`The cluster made no token for the account ${namespace}/${account}.`);
      return forAccount(text, Buffer.from(given, "base64").toString("utf8"));
    }),
  );
}
