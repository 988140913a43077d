import * as pulumi from "@pulumi/pulumi";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { ValidatingAdmissionPolicy } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicy";
import { ValidatingAdmissionPolicyBinding } from "@pulumi/kubernetes/admissionregistration/v1/validatingAdmissionPolicyBinding";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace";
import { Unit } from "../../provider/sdk/remote";
import {
  podPorts,
  runningServices,
  urlsOf,
  type ComputeService,
  type ComputeSettings,
  type StorageValues,
} from "../../services";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { clusterProvider, type Cluster } from "../k3s";
import { nothingKeptOn, type Placement } from "../placement";
import type { Declare } from "./declare";
import { modelCache } from "./ephemeral";
import { start } from "./files";
import { runsPolicy } from "./runs";
import { llamaCpp } from "./llama-cpp";
import { cacheReason, cacheService, modelCacheService, reasonFile } from "./model-cache";
import { ollama } from "./ollama";
import { qdrant } from "./qdrant";
import { declareDagster, declareGpu, declareMlflow } from "./services";
import { vllm } from "./vllm";

export interface ComputeNodeArgs {
  /** Where it runs. It keeps nothing, so any node will do. */
  node: Node;
  settings: ComputeSettings;
  /** The cluster that the node is a member of. */
  cluster: Cluster;
  /** Secret. Where the services keep what must stay. */
  storage: pulumi.Input<StorageValues>;
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
  /** URLs of the services that run, by the names under which programs expect them in their environment. */
  readonly endpoints: Readonly<Record<string, string>>;

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

    const { kubeconfig, identifier, generation } = args.cluster;
    const provider = clusterProvider(
      `${name}-cluster`,
      { kubeconfig: pulumi.secret(kubeconfig), identifier },
      options(),
      // By name, so that a changed one is the same one; what uses it is restarted by an annotation.
      { enableConfigMapMutable: true, enableSecretMutable: true },
    );
    // These go with the cluster; all else goes with the namespace.
    const ofCluster = (needs: pulumi.Resource[] = []) =>
      options({
        provider,
        dependsOn: needs,
        ...(generation === undefined ? {} : { deletedWith: generation }),
      });
    const namespace = new Namespace(
      `${name}-namespace`,
      { metadata: { name: settings.namespace } },
      ofCluster(),
    );
    const declareRuns = () => {
      const { policy, binding } = runsPolicy(node, settings);
      const written = new ValidatingAdmissionPolicy(`${name}-runs`, policy, ofCluster());
      return [
        written,
        new ValidatingAdmissionPolicyBinding(`${name}-runs-binding`, binding, ofCluster([written])),
      ];
    };
    const rules = running.includes("dagster") ? declareRuns() : [];
    const declare: Declare = {
      name,
      node,
      settings,
      options: (...needs) =>
        options({ provider, dependsOn: [namespace, ...rules, ...needs], deletedWith: namespace }),
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
          // Copies, but of many gigabytes: not fetched a second time unseen, and not left on the disk unknown.
          keeps: [settings.modelCache],
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
    this.endpoints = urlsOf(node, podPorts(settings));
    this.registerOutputs({ endpoints: this.endpoints });
  }
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
