import * as pulumi from "@pulumi/pulumi";
import { ValidatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy";
import { ValidatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import { Service } from "@pulumi/kubernetes/core/v1/service";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount";
import { Role } from "@pulumi/kubernetes/rbac/v1/role";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding";
import {
  credentialsName,
  type Keeps,
  type PodKeys,
  type PodRun,
  type SecretSources,
  type StorageValues,
  type Workload,
} from "../../services";
import { childOptions } from "../child-options";
import { placementOf, type NodeFor } from "../placement";
import { asUserErrors } from "../user-error";
import { fingerprint } from "./fingerprint";
import { deployment } from "./manifest";

/** ConfigMaps by name, each with its files. */
type Files = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** ConfigMaps that pods of more than one service mount. */
export interface SharedFiles {
  readonly files: Files;
  readonly objects: readonly pulumi.Resource[];
}

export interface PodServiceArgs<K extends Keeps = Keeps> {
  /** Where it runs. A service that keeps data takes an always-on node: an on-demand one does not compile. */
  node: NodeFor<K>;
  /** How it runs: what its file in services/ says for its settings. */
  run: PodRun;
  /** What becomes of its data. */
  keeps: K;
  /** Namespace that all of it is in. */
  namespace: string;
  /** Options of what is in the namespace: the cluster's provider, and what goes with the namespace. */
  inNamespace: pulumi.CustomResourceOptions;
  /** Options of what belongs to the cluster as a whole. */
  inCluster: pulumi.CustomResourceOptions;
  /**
   * Variables of its programs by name, made of what storage hands out; a pod is recreated when one of them changes.
   * @default none
   */
  secrets?: Readonly<Record<string, (given: SecretSources) => string>>;
  /** Files that only its programs may read, by name, made and noticed in the same way. @default none */
  credentials?: Readonly<Record<string, (given: SecretSources) => string>>;
  /** What storage hands out; needed by `secrets` and `credentials` only. @default nothing */
  storage?: pulumi.Input<StorageValues>;
  /** Further keys of its pods, from the stack file. @default none */
  more?: PodKeys;
  /** ConfigMaps of others that it mounts. @default none */
  shared?: SharedFiles;
}

/**
 * A service of services/ as pods of the cluster: its variables in a Secret, its files in ConfigMaps, its rights towards
 * the cluster, and a Deployment for each pod.
 */
export class PodService<K extends Keeps = Keeps> extends pulumi.ComponentResource {
  constructor(name: string, args: PodServiceArgs<K>, opts?: pulumi.ComponentResourceOptions) {
    const { run, keeps, namespace } = args;
    super("homelab:index:PodService", name, { placement: placementOf(args.node, run.name, keeps) }, opts);
    const metadata = (own: string) => ({ name: own, namespace });
    const options = (own: string, given: pulumi.CustomResourceOptions, needs: readonly pulumi.Resource[]) =>
      pulumi.mergeOptions(
        childOptions(this, opts, { dependsOn: [...needs], aliases: formerly(own, name, opts?.parent) }),
        given,
      );
    const inNamespace = (own: string, ...needs: pulumi.Resource[]) => options(own, args.inNamespace, needs);

    const secret =
      args.secrets === undefined
        ? undefined
        : this.declareSecret(`${name}-secret`, run.name, args.secrets, args, inNamespace);
    const credentials =
      args.credentials === undefined
        ? undefined
        : this.declareSecret(
            `${name}-credentials`,
            credentialsName(run.name),
            args.credentials,
            args,
            inNamespace,
          );
    const maps = Object.entries(run.files ?? {}).map(([own, data]) => {
      const child = childName(name, run.name, own);
      return new ConfigMap(child, { metadata: metadata(own), data }, inNamespace(child));
    });
    const rights = run.account === undefined ? [] : declareRights(name, run, namespace, options, args);
    for (const { name: own, portName, port } of run.inside ?? []) {
      const child = `${childName(name, run.name, own)}-service`;
      new Service(
        child,
        {
          metadata: metadata(own),
          spec: {
            selector: { "app.kubernetes.io/name": own },
            ports: [{ name: portName, port, targetPort: port }],
          },
        },
        {
          ...inNamespace(child, ...rights),
          // It has an endpoint when its pod runs, which nobody waits for here.
          customTimeouts: { create: "10m" },
        },
      );
    }
    const files = { ...args.shared?.files, ...run.files };
    const needs = [
      ...(args.shared?.objects ?? []),
      ...[secret, credentials].flatMap((one) => (one === undefined ? [] : [one.object])),
    ];
    for (const one of run.pods) {
      const child = childName(name, run.name, one.name);
      const mounted = filesOf(one, files);
      const { metadata: own, spec } = deployment(one, {
        ...{ node: args.node, namespace, name: run.name },
        ...(args.more === undefined ? {} : { more: args.more }),
        ...(keeps.kind === "ephemeral" ? { reason: keeps.reason } : {}),
        ...(Object.keys(mounted).length === 0
          ? {}
          : { annotations: { "homelab.dev/files": fingerprint(mounted) } }),
      });
      const { template } = spec;
      const annotations = {
        ...template.metadata.annotations,
        ...(secret !== undefined && usesSecret(one) ? { "homelab.dev/secret": secret.fingerprint } : {}),
        ...(credentials !== undefined && usesCredentials(one)
          ? { "homelab.dev/credentials": credentials.fingerprint }
          : {}),
      };
      new Deployment(
        child,
        {
          metadata: own,
          spec: { ...spec, template: { ...template, metadata: { ...template.metadata, annotations } } },
        },
        inNamespace(child, ...needs, ...maps, ...rights),
      );
    }
    this.registerOutputs({});
  }

  private declareSecret(
    child: string,
    own: string,
    secrets: NonNullable<PodServiceArgs["secrets"]>,
    { namespace, storage }: PodServiceArgs,
    options: (own: string) => pulumi.CustomResourceOptions,
  ) {
    const made = (given: SecretSources) =>
      Object.fromEntries(Object.entries(secrets).map(([key, of]) => [key, of(given)]));
    const values = pulumi
      .secret(storage ?? { dsns: {}, s3Endpoint: "", s3: {} })
      .apply(asUserErrors((known: StorageValues) => made({ storage: known, passwords: {} })));
    const object = new Secret(
      child,
      { metadata: { name: own, namespace }, stringData: values },
      options(child),
    );
    // Another one when a value is another: they are read at the start only.
    return { object, fingerprint: pulumi.unsecret(values.apply(fingerprint)) };
  }
}

type Options = (
  own: string,
  given: pulumi.CustomResourceOptions,
  needs: readonly pulumi.Resource[],
) => pulumi.CustomResourceOptions;

/** The service's account, what it may do, and what it may not do all the same. */
function declareRights(
  name: string,
  { name: own, account }: PodRun,
  namespace: string,
  options: Options,
  { inNamespace, inCluster }: PodServiceArgs,
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

/** Files of the ConfigMaps that a pod mounts; a change of one restarts it. */
function filesOf({ programs, before = [] }: Workload, maps: Files): Record<string, string> {
  const names = [...before, ...programs].flatMap(({ files = [] }) => files.map(({ from }) => from));
  return Object.fromEntries([...new Set(names)].flatMap((from) => Object.entries(maps[from] ?? {})));
}

const usesSecret = ({ programs, before = [] }: Workload) =>
  [...before, ...programs].some(({ secrets = [] }) => secrets.length > 0);

const usesCredentials = ({ programs, before = [] }: Workload) =>
  [...before, ...programs].some(({ secretFiles }) => secretFiles !== undefined);

/** Pulumi's name of what has a name in the cluster. @throws Error unless that begins with its service's */
function childName(name: string, service: string, own: string): string {
  if (own === service) return `${name}-pod`;
  if (!own.startsWith(`${service}-`)) throw new Error(`${own} must begin with ${service}, whose it is.`);
  return `${name}-${own.slice(service.length + 1)}`;
}

/** Names that the children had while they were ComputeNode's own. */
function formerly(own: string, name: string, parent: pulumi.Resource | undefined): pulumi.Alias[] {
  if (parent === undefined) return [];
  const before = own === `${name}-pod` ? name : own.replace(/-dagster-(runs(-binding)?)$/, "-$1");
  return [{ name: before, parent }];
}
