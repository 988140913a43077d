import type * as pulumi from "@pulumi/pulumi";
import { ValidatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy";
import { ValidatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount";
import { Role } from "@pulumi/kubernetes/rbac/v1/role";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding";
import type { PodRun } from "../../services";

/** Options of what is in the service's namespace, and of what belongs to the cluster as a whole. */
interface Places {
  readonly inNamespace: pulumi.CustomResourceOptions;
  readonly inCluster: pulumi.CustomResourceOptions;
}

type Options = (
  own: string,
  given: pulumi.CustomResourceOptions,
  needs: readonly pulumi.Resource[],
) => pulumi.CustomResourceOptions;

/** An account, what it may do, and what it may not do all the same. */
export function declareRights(
  name: string,
  { name: own, account }: Pick<PodRun, "name" | "account">,
  namespace: string,
  options: Options,
  { inNamespace, inCluster }: Places,
): pulumi.Resource[] {
  if (account === undefined) return [];
  const { policy, binding } = account.limits;
  const metadata = { name: own, namespace };
  const limits = new ValidatingAdmissionPolicy(
    `${name}-runs`,
    policy,
    options(`${name}-runs`, inCluster, []),
  );
  const bound = new ValidatingAdmissionPolicyBinding(
    `${name}-runs-binding`,
    binding,
    options(`${name}-runs-binding`, inCluster, [limits]),
  );
  // Never there before its limits are.
  const limited = (child: string, ...needs: pulumi.Resource[]) =>
    options(child, inNamespace, [limits, bound, ...needs]);
  const as = new ServiceAccount(
    `${name}-account`,
    { metadata, automountServiceAccountToken: false },
    limited(`${name}-account`),
  );
  const role = new Role(
    `${name}-role`,
    { metadata, rules: account.rules.map((rule) => ({ ...rule })) },
    limited(`${name}-role`),
  );
  const granted = new RoleBinding(
    `${name}-binding`,
    {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: own },
      subjects: [{ kind: "ServiceAccount", name: own, namespace }],
    },
    limited(`${name}-binding`, as, role),
  );
  return [limits, bound, granted];
}
