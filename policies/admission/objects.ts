/** ValidatingAdmissionPolicies and their bindings as objects. */

export interface Policy {
  readonly name: string;
  readonly resourceRules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
  }[];
  /** Objects of the same namespace, each of which the policy is judged with. */
  readonly parameter?: { readonly apiVersion: string; readonly kind: string };
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  readonly variables: Readonly<Record<string, string>>;
  readonly validations: readonly { readonly expression: string; readonly messageExpression: string }[];
}

/** What is on its way out is let go, however it came in. */
const notLeaving = {
  name: "not-leaving",
  expression: 'request.operation == "CREATE" || !has(object.metadata.deletionTimestamp)',
};

const apiVersion = "admissionregistration.k8s.io/v1" as const;

/** A policy, and the binding that puts it in force in every namespace. */
export type AdmissionRule = ReturnType<typeof ruleOf>;

export function ruleOf(policy: Policy) {
  const { name, parameter, variables } = policy;
  const metadata = { name, labels: { "app.kubernetes.io/part-of": "homelab" } };
  return {
    title: name.replace(/^homelab-placement-/, ""),
    policy: {
      apiVersion,
      kind: "ValidatingAdmissionPolicy" as const,
      metadata,
      spec: {
        failurePolicy: "Fail",
        ...(parameter === undefined ? {} : { paramKind: parameter }),
        matchConstraints: {
          resourceRules: policy.resourceRules.map(({ apiGroups, resources }) => ({
            apiGroups: [...apiGroups],
            apiVersions: ["*"],
            operations: ["CREATE", "UPDATE"],
            resources: [...resources],
          })),
        },
        matchConditions: [notLeaving, ...(policy.matchConditions ?? [])],
        variables: Object.entries(variables).map(([key, expression]) => ({ name: key, expression })),
        validations: policy.validations.map((one) => ({ ...one, reason: "Forbidden" })),
      },
    },
    binding: {
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding" as const,
      metadata,
      spec: {
        policyName: name,
        validationActions: ["Deny"],
        ...(parameter === undefined ? {} : { paramRef: { selector: {}, parameterNotFoundAction: "Allow" } }),
      },
    },
  };
}
