import * as pulumi from "@pulumi/pulumi";
import { DaemonSet } from "@pulumi/kubernetes/apps/v1/daemonSet";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import { Service } from "@pulumi/kubernetes/core/v1/service";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount";
import { Role } from "@pulumi/kubernetes/rbac/v1/role";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding";
import { Unit } from "../../provider/sdk/remote";
import { runningServices, type ComputeService, type ComputeSettings } from "../../settings";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { clusterProvider, type Cluster } from "../k3s";
import { nothingKeptOn, type Placement } from "../placement";
import * as dagster from "./dagster";
import { endpointsOf, type ComputeEndpoints } from "./endpoints";
import { modelCache } from "./ephemeral";
import { sample, start } from "./files";
import { devicePlugin, devicePluginName, sharing } from "./gpu";
import { llamaCpp } from "./llama-cpp";
import { mlflow, mlflowName } from "./mlflow";
import { cacheReason, cacheService, modelCacheService, reasonFile } from "./model-cache";
import { ollama } from "./ollama";
import { qdrant } from "./qdrant";
import { dagsterSecret, fingerprint, mlflowSecret, type StorageServices } from "./secrets";
import { vllm } from "./vllm";

export interface ComputeNodeArgs {
  /** Where it runs. It keeps nothing, so any node will do. */
  node: Node;
  settings: ComputeSettings;
  /** The cluster that the node is a member of. */
  cluster: Cluster;
  /** Secret. Where the services keep what must stay. */
  storage: pulumi.Input<StorageServices>;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  identity: string | undefined;
}

/** Services that serve models, and share the cache of their weights. */
const modelServers = { vllm, llamaCpp, ollama } as const;
type ModelServer = keyof typeof modelServers;
const isModelServer = (name: ComputeService): name is ModelServer => name in modelServers;

/** A download of a model may take longer than anybody waits for an `up`. */
const unawaited = { "pulumi.com/skipAwait": "true" };

/** The services of compute, as pods that are made anew wherever the node comes back. */
export class ComputeNode extends pulumi.ComponentResource {
  readonly endpoints: ComputeEndpoints;

  constructor(name: string, args: ComputeNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, settings } = args;
    const running = runningServices(settings);
    const models = running.filter(isModelServer);
    super(
      "homelab:index:ComputeNode",
      name,
      { placement: placementOf(node, settings, models.length > 0) },
      opts,
    );
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);

    const { kubeconfig, identifier } = args.cluster;
    const provider = clusterProvider(
      `${name}-cluster`,
      { kubeconfig: pulumi.secret(kubeconfig), identifier },
      options(),
      // By name, so that a changed one is the same one; what uses it is restarted by an annotation.
      { enableConfigMapMutable: true, enableSecretMutable: true },
    );
    const namespace = new Namespace(
      `${name}-namespace`,
      { metadata: { name: settings.namespace } },
      options({ provider }),
    );
    const declare: Declare = {
      name,
      node,
      settings,
      options: (...needs) => options({ provider, dependsOn: [namespace, ...needs], deletedWith: namespace }),
      metadata: (own) => ({ name: own, namespace: settings.namespace }),
    };

    const starter = new ConfigMap(
      `${name}-start`,
      { metadata: declare.metadata("start"), data: { "start.py": start() } },
      declare.options(),
    );
    const storage = pulumi.secret(args.storage);
    if (running.includes("dagster")) declareDagster(declare, storage, starter);
    if (running.includes("mlflow")) declareMlflow(declare, storage, starter);
    if (running.includes("qdrant")) {
      new Deployment(`${name}-qdrant`, qdrant(node, settings), declare.options());
    }
    if (settings.gpu.enabled) declareGpu(declare);
    if (models.length > 0) {
      const cache = new Unit(
        `${name}-model-cache`,
        {
          connection: connectionOf(node, args.identity),
          service: cacheService,
          files: [
            { path: `/etc/systemd/system/${cacheService}`, content: modelCacheService(settings.modelCache) },
            { path: reasonFile, content: cacheReason },
          ],
          health: { exec: ["/usr/bin/test", "-e", `${settings.modelCache}/.homelab-ephemeral`] },
        },
        options(),
      );
      for (const one of models) {
        const { metadata, spec } = modelServers[one](node, settings);
        new Deployment(
          `${name}-${metadata.name}`,
          { metadata: { ...metadata, annotations: unawaited }, spec },
          declare.options(cache),
        );
      }
    }
    this.endpoints = endpointsOf(node, settings);
    this.registerOutputs({ endpoints: this.endpoints });
  }
}

/** What every part of it is declared with. */
interface Declare {
  readonly name: string;
  readonly node: Node;
  readonly settings: ComputeSettings;
  readonly options: (...needs: pulumi.Resource[]) => pulumi.CustomResourceOptions;
  readonly metadata: (own: string) => { name: string; namespace: string };
}

function declareDagster(
  { name, node, settings, options, metadata }: Declare,
  storage: pulumi.Output<StorageServices>,
  starter: ConfigMap,
): void {
  const secret = credentials(`${name}-dagster-secret`, dagster.dagsterName, {
    values: storage.apply((known) => dagsterSecret(known, settings.dagster)),
    metadata,
    options: options(),
  });
  const instanceFiles = {
    "dagster.yaml": dagster.instance(node, settings),
    "workspace.yaml": dagster.workspace(),
  };
  const sampleFiles = { "sample.py": sample() };
  const instance = new ConfigMap(
    `${name}-dagster-instance`,
    { metadata: metadata(dagster.instanceMap), data: instanceFiles },
    options(),
  );
  const code = new ConfigMap(
    `${name}-dagster-sample`,
    { metadata: metadata(dagster.sampleMap), data: sampleFiles },
    options(),
  );
  const account = new ServiceAccount(
    `${name}-dagster-account`,
    { metadata: metadata(dagster.dagsterName), automountServiceAccountToken: false },
    options(),
  );
  const role = new Role(
    `${name}-dagster-role`,
    { metadata: metadata(dagster.dagsterName), rules: dagster.launcherRules },
    options(),
  );
  const binding = new RoleBinding(
    `${name}-dagster-binding`,
    {
      metadata: metadata(dagster.dagsterName),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: dagster.dagsterName },
      subjects: [{ kind: "ServiceAccount", name: dagster.dagsterName, namespace: settings.namespace }],
    },
    options(account, role),
  );
  new Service(`${name}-dagster-code-service`, dagster.codeService(settings), {
    ...options(),
    // It has an endpoint when the code server runs, which nobody waits for here.
    customTimeouts: { create: "10m" },
  });
  const common = { "homelab.dev/files": fingerprint({ ...instanceFiles, "start.py": start() }) };
  const servers = [
    ["dagster-webserver", dagster.webserver, common],
    ["dagster-daemon", dagster.daemon, common],
    [
      dagster.codeName,
      dagster.codeServer,
      { "homelab.dev/files": fingerprint({ ...instanceFiles, ...sampleFiles }) },
    ],
  ] as const;
  for (const [own, rendered, annotations] of servers) {
    restarting(
      `${name}-${own}`,
      rendered({ node, settings, annotations }),
      secret,
      options(starter, secret.object, instance, code, binding),
    );
  }
}

function declareMlflow(
  { name, node, settings, options, metadata }: Declare,
  storage: pulumi.Output<StorageServices>,
  starter: ConfigMap,
): void {
  const secret = credentials(`${name}-mlflow-secret`, mlflowName, {
    values: storage.apply((known) => mlflowSecret(known, settings.mlflow)),
    metadata,
    options: options(),
  });
  const annotations = { "homelab.dev/files": fingerprint({ "start.py": start() }) };
  restarting(
    `${name}-mlflow`,
    mlflow({ node, settings, annotations }),
    secret,
    options(starter, secret.object),
  );
}

function declareGpu({ name, node, settings, options, metadata }: Declare): void {
  const data = { "config.yaml": sharing(settings) };
  const config = new ConfigMap(
    `${name}-gpu-config`,
    { metadata: metadata(devicePluginName), data },
    options(),
  );
  const annotations = { "homelab.dev/files": fingerprint(data) };
  new DaemonSet(`${name}-gpu`, devicePlugin(node, settings, annotations), options(config));
}

interface Credentials {
  readonly object: Secret;
  /** Another one when a value is another. */
  readonly fingerprint: pulumi.Output<string>;
}

function credentials(
  name: string,
  own: string,
  given: {
    values: pulumi.Output<Record<string, string>>;
    metadata: Declare["metadata"];
    options: pulumi.CustomResourceOptions;
  },
): Credentials {
  const object = new Secret(name, { metadata: given.metadata(own), stringData: given.values }, given.options);
  return { object, fingerprint: pulumi.unsecret(given.values.apply(fingerprint)) };
}

/** A Deployment whose pod is made anew when its secret changes: variables are read at the start only. */
function restarting(
  name: string,
  { metadata, spec }: ReturnType<typeof mlflow>,
  secret: Credentials,
  options: pulumi.CustomResourceOptions,
): Deployment {
  const { template } = spec;
  const annotations = { ...template.metadata.annotations, "homelab.dev/secret": secret.fingerprint };
  return new Deployment(
    name,
    {
      metadata,
      spec: { ...spec, template: { ...template, metadata: { ...template.metadata, annotations } } },
    },
    options,
  );
}

function placementOf(node: Node, settings: ComputeSettings, models: boolean): Placement {
  if (!models) return nothingKeptOn(node);
  return {
    node: node.name,
    lifecycle: node.lifecycle,
    keeps: "ephemeral",
    paths: [settings.modelCache],
    reason: modelCache.reason,
  };
}
