import type { Node } from "../topology";
import type { AdmissionLimits } from "./pod";

/** Whose Jobs they are, in words. */
interface Whose {
  /** In the name of the condition that finds them. */
  readonly by: string;
  /** One of them, as a refusal begins. */
  readonly one: string;
}

/**
 * What an account that may make Jobs may begin in the cluster, as an admission policy: whoever has it (Dagster's web page
 * has no login, and the jobs' account is on the node) could make one that is root on any node, storage above all. So its Jobs
 * run on this node alone, as nobody, without a way to the node's files, network or processes.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function runsPolicy(
  node: Pick<Node, "name">,
  namespace: string,
  account: string,
  { by, one: called }: Whose,
): AdmissionLimits {
  const name = `${namespace}-runs`;
  const metadata = { name, labels: { "app.kubernetes.io/part-of": "homelab" } };
  const off = (field: string) => `(!has(variables.pod.${field}) || !variables.pod.${field})`;
  const every = (condition: string) => `variables.containers.all(one, ${condition})`;
  const context = (condition: string) => every(`has(one.securityContext) && ${condition}`);
  const volumes = ["emptyDir", "configMap", "secret", "downwardAPI"];
  const validations = [
    [
      "runs as nobody, without rights of its own",
      [
        "has(variables.pod.securityContext) && has(variables.pod.securityContext.runAsNonRoot) && variables.pod.securityContext.runAsNonRoot",
        context(
          "has(one.securityContext.allowPrivilegeEscalation) && !one.securityContext.allowPrivilegeEscalation",
        ),
        context("(!has(one.securityContext.privileged) || !one.securityContext.privileged)"),
        context("(!has(one.securityContext.runAsNonRoot) || one.securityContext.runAsNonRoot)"),
        context("(!has(one.securityContext.runAsUser) || one.securityContext.runAsUser > 0)"),
        context("(!has(one.securityContext.procMount) || one.securityContext.procMount == 'Default')"),
        context(
          "has(one.securityContext.capabilities) && has(one.securityContext.capabilities.drop) && 'ALL' in one.securityContext.capabilities.drop && (!has(one.securityContext.capabilities.add) || size(one.securityContext.capabilities.add) == 0)",
        ),
      ],
    ],
    [
      "has nothing of its node: no network, processes, ports or devices",
      [
        off("hostNetwork"),
        off("hostPID"),
        off("hostIPC"),
        every("!has(one.ports) || one.ports.all(port, !has(port.hostPort) || port.hostPort == 0)"),
        every("!has(one.volumeDevices) || size(one.volumeDevices) == 0"),
      ],
    ],
    [
      `has no volumes but ${volumes.join(", ")}`,
      [
        `!has(variables.pod.volumes) || variables.pod.volumes.all(one, ${volumes.map((kind) => `has(one.${kind})`).join(" || ")})`,
      ],
    ],
    [
      `runs on ${node.name}`,
      [
        "!has(variables.pod.nodeName) || variables.pod.nodeName == ''",
        `has(variables.pod.nodeSelector) && 'kubernetes.io/hostname' in variables.pod.nodeSelector && variables.pod.nodeSelector['kubernetes.io/hostname'] == '${node.name}'`,
      ],
    ],
  ] as const;
  return {
    policy: {
      metadata,
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ["batch"],
              apiVersions: ["*"],
              operations: ["CREATE", "UPDATE"],
              resources: ["jobs"],
            },
          ],
        },
        matchConditions: [
          {
            name: `by-${by}`,
            expression: `request.userInfo.username == 'system:serviceaccount:${namespace}:${account}'`,
          },
        ],
        variables: [
          { name: "pod", expression: "object.spec.template.spec" },
          {
            name: "containers",
            expression:
              "variables.pod.containers + (has(variables.pod.initContainers) ? variables.pod.initContainers : [])",
          },
        ],
        validations: validations.map(([what, all]) => ({
          expression: all.map((each) => `(${each})`).join(" && "),
          message: `${called} ${what}.`,
          reason: "Forbidden",
        })),
      },
    },
    binding: { metadata, spec: { policyName: name, validationActions: ["Deny"] } },
  };
}
