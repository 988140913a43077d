import * as pulumi from "@pulumi/pulumi";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment";
import { CronJob } from "@pulumi/kubernetes/batch/v1/cronJob";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import { Service } from "@pulumi/kubernetes/core/v1/service";
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
import { proposal } from "../password";
import { placementOf, type NodeFor } from "../placement";
import { asUserErrors } from "../user-error";
import { fingerprint } from "./fingerprint";
import { cronJob, deployment } from "./manifest";
import { declareRights } from "./rights";

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
   * Keys of passwords of its own, each made once and kept with the stack's state; for `secrets` and `credentials`.
   * @default none
   */
  passwords?: readonly string[];
  /**
   * Variables of its programs by name, made of its passwords and of what storage hands out; a pod is recreated when one of
   * them changes.
   * @default none
   */
  secrets?: Readonly<Record<string, (given: SecretSources) => string>>;
  /** Files that only its programs may read, by name, made and noticed in the same way. @default none */
  credentials?: Readonly<Record<string, (given: SecretSources) => string>>;
  /** What storage hands out; needed by `secrets` and `credentials` only. @default nothing */
  storage?: pulumi.Input<StorageValues>;
  /** Passwords of the node's other services, by service, then by key; needed by the same. @default none */
  services?: Readonly<Record<string, Readonly<Record<string, pulumi.Input<string>>>>>;
  /** URLs of the node's ports, by their stack outputs; needed by the same. @default none */
  urls?: Readonly<Record<string, string>>;
  /** Further keys of its pods, from the stack file. @default none */
  more?: PodKeys;
  /** ConfigMaps of others that it mounts. @default none */
  shared?: SharedFiles;
}

/**
 * A service of services/ as pods of the cluster: its variables in a Secret, its files in ConfigMaps, its rights towards
 * the cluster, and a Deployment or CronJob for each pod.
 */
export class PodService<K extends Keeps = Keeps> extends pulumi.ComponentResource {
  /** Its own passwords by key: secrets. */
  readonly passwords: Readonly<Record<string, pulumi.Output<string>>>;

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

    this.passwords = Object.fromEntries(
      (args.passwords ?? []).map((key) => [key, proposal(`${name}-${key}`, childOptions(this, opts))]),
    );
    const sources = pulumi.secret({
      storage: args.storage ?? { dsns: {}, s3Endpoint: "", s3: {} },
      passwords: this.passwords,
      services: args.services ?? {},
      urls: args.urls ?? {},
    });
    const declareSecret = (child: string, own: string, of: PodServiceArgs["secrets"]) =>
      of === undefined ? undefined : secretOf(child, metadata(own), of, sources, inNamespace(child));
    const secret = declareSecret(`${name}-secret`, run.name, args.secrets);
    const credentials = declareSecret(`${name}-credentials`, credentialsName(run.name), args.credentials);
    const maps = Object.entries(run.files ?? {}).map(([own, data]) => {
      const child = childName(name, run.name, own);
      return new ConfigMap(child, { metadata: metadata(own), data }, inNamespace(child));
    });
    const rights = run.account === undefined ? [] : declareRights(name, run, namespace, options, args);
    for (const { name: own, ports } of run.inside ?? []) {
      const child = own === run.name ? `${name}-service` : `${childName(name, run.name, own)}-service`;
      new Service(
        child,
        {
          metadata: metadata(own),
          spec: {
            selector: { "app.kubernetes.io/name": own },
            ports: ports.map(({ name: portName, port }) => ({ name: portName, port, targetPort: port })),
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
      const around = {
        ...{ node: args.node, namespace, name: run.name },
        ...(args.more === undefined ? {} : { more: args.more }),
        ...(keeps.kind === "ephemeral" ? { reason: keeps.reason } : {}),
        ...(Object.keys(mounted).length === 0
          ? {}
          : { annotations: { "homelab.dev/files": fingerprint(mounted) } }),
      };
      const restartedBy = {
        ...(secret !== undefined && usesSecret(one) ? { "homelab.dev/secret": secret.fingerprint } : {}),
        ...(credentials !== undefined && usesCredentials(one)
          ? { "homelab.dev/credentials": credentials.fingerprint }
          : {}),
      };
      const own = inNamespace(child, ...needs, ...maps, ...rights);
      if (one.schedule === undefined) {
        const { metadata: meta, spec } = deployment(one, around);
        const template = annotated(spec.template, restartedBy);
        new Deployment(child, { metadata: meta, spec: { ...spec, template } }, own);
      } else {
        const { metadata: meta, spec } = cronJob(one, one.schedule, around);
        const { metadata: ofJob, spec: job } = spec.jobTemplate;
        const template = annotated(job.template, restartedBy);
        const jobTemplate = { metadata: ofJob, spec: { ...job, template } };
        new CronJob(child, { metadata: meta, spec: { ...spec, jobTemplate } }, own);
      }
    }
    this.registerOutputs({});
  }
}

/** A Secret of values that are made of others, and what tells changed ones from the former. */
function secretOf(
  child: string,
  metadata: { readonly name: string; readonly namespace: string },
  secrets: NonNullable<PodServiceArgs["secrets"]>,
  sources: pulumi.Output<SecretSources>,
  opts: pulumi.CustomResourceOptions,
) {
  const values = sources.apply(
    asUserErrors((given: SecretSources) =>
      Object.fromEntries(Object.entries(secrets).map(([key, of]) => [key, of(given)])),
    ),
  );
  const object = new Secret(child, { metadata, stringData: values }, opts);
  // Another one when a value is another: they are read at the start only.
  return { object, fingerprint: pulumi.unsecret(values.apply(fingerprint)) };
}

/** A pod's template with further annotations. */
const annotated = <T extends { readonly metadata: { readonly annotations: object } }>(
  template: T,
  more: Readonly<Record<string, pulumi.Input<string>>>,
) => ({
  ...template,
  metadata: { ...template.metadata, annotations: { ...template.metadata.annotations, ...more } },
});

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
