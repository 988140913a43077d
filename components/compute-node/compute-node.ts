import * as pulumi from "@pulumi/pulumi";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { Contents } from "../../provider/sdk/kubernetes";
import { Unit } from "../../provider/sdk/remote";
import {
  contextOf,
  modelWeights,
  podsOn,
  sharedFiles,
  urlsOf,
  type ComputeSettings,
  type PodRun,
  type StorageValues,
} from "../../services";
import { connectionOf, type Node } from "../../topology";
import { childOptions } from "../child-options";
import { reference } from "../images/reference";
import { clusterSpace, DeclaredObjects, type Cluster } from "../k3s";
import { nothingKeptOn, placementOf } from "../placement";
import { ephemeralMark, PodService } from "../pod-service";
import { declareGpu } from "./gpu";
import { cacheReason, cacheService, modelCacheService, reasonFile } from "./model-cache";

export interface ComputeNodeArgs {
  /** Where it runs. It keeps nothing, so any node will do. */
  node: Node;
  /**
   * `homelab:compute`: which services run, with their images, ports and sizes.
   * @see services/compute.ts
   */
  settings: ComputeSettings;
  /** The cluster that the node is a member of. */
  cluster: Cluster;
  /** Secret. Where the services keep what must stay. */
  storage: pulumi.Input<StorageValues>;
  /** Path of the private key for SSH. @default the SSH agent is asked */
  sshIdentity: string | undefined;
}

/** Whether it uses the cache of model weights, which is a directory of the node. */
const usesCache = ({ pods }: PodRun) => pods.some(({ nodeDirectories = [] }) => nodeDirectories.length > 0);

/**
 * The services of compute, as pods that are recreated wherever the node comes back: each is a PodService; what they share
 * is here.
 */
export class ComputeNode extends pulumi.ComponentResource {
  /** URLs of the services that run, by the names under which programs expect them in their environment. */
  readonly endpoints: Readonly<Record<string, string>>;

  constructor(name: string, args: ComputeNodeArgs, opts?: pulumi.ComponentResourceOptions) {
    const { node, settings } = args;
    const { gpu, modelCache, namespace } = settings;
    const running = podsOn(
      settings,
      contextOf(settings, node, (image) => reference(image)),
    );
    const cached = running.some(({ run }) => usesCache(run));
    const placement = cached ? placementOf(node, name, modelWeights(settings)) : nothingKeptOn(node);
    const declared = new DeclaredObjects();
    super(
      "homelab:index:ComputeNode",
      name,
      { placement },
      { ...opts, transformations: [...(opts?.transformations ?? []), declared.collect] },
    );
    const options = (own?: pulumi.CustomResourceOptions) => childOptions(this, opts, own);

    const { inCluster, inNamespace } = clusterSpace(name, args.cluster, namespace, options);

    const files = sharedFiles();
    const objects = Object.entries(files).map(
      ([own, data]) =>
        new ConfigMap(`${name}-${own}`, { metadata: { name: own, namespace }, data }, options(inNamespace)),
    );
    if (gpu.enabled) declareGpu({ name, node, namespace, gpu, options: options(inNamespace) });
    const cache = cached
      ? new Unit(
          `${name}-model-cache`,
          {
            connection: connectionOf(node, args.sshIdentity),
            service: cacheService,
            files: [
              { path: `/etc/systemd/system/${cacheService}`, content: modelCacheService(modelCache) },
              { path: reasonFile, content: cacheReason(settings) },
            ],
            health: { exec: ["/usr/bin/test", "-e", `${modelCache}/${ephemeralMark}`] },
            // Copies, but of many gigabytes: not fetched a second time unseen, and not left on the disk unknown.
            keeps: [modelCache],
            ephemeral: modelWeights(settings).reason,
          },
          options(),
        )
      : undefined;
    for (const { service, settings: own, keeps, run, more } of running) {
      const secrets = service.secrets?.(own);
      const credentials = service.credentials?.(own);
      new PodService(
        `${name}-${run.name}`,
        {
          ...{ node, run, keeps, namespace, inNamespace, inCluster, storage: args.storage },
          ...(secrets === undefined ? {} : { secrets }),
          ...(credentials === undefined ? {} : { credentials }),
          ...(more === undefined ? {} : { more }),
          shared: { files, objects },
        },
        options(cache !== undefined && usesCache(run) ? { dependsOn: cache } : {}),
      );
    }
    new Contents(
      `${name}-contents`,
      { kubeconfig: args.cluster.kubeconfig, objects: declared.objects },
      options({ dependsOn: declared.resources }),
    );
    this.endpoints = urlsOf(
      node,
      running.flatMap(({ service, settings: own }) => service.ports?.(own) ?? []),
    );
    this.registerOutputs({ endpoints: this.endpoints });
  }
}
