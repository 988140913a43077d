import { z } from "zod";
import { dataDirectory, flag, image, strict } from "./fields";
import { count } from "./pod-fields";
import type { Keeps, ServicePort } from "./service";

/** What `homelab:compute` says for all of its services. */
export const computeGroup = {
  /** Whether anything runs there; asks for `homelab:k3s.enabled`. */
  enabled: flag.default(false),
  /** In the cluster; everything that runs on compute is in it. */
  namespace: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a small letter, then small letters, digits or -")
    .default("homelab-compute"),
  gpu: strict({
    /** The node has an NVIDIA GPU, its driver and the NVIDIA container toolkit. */
    enabled: flag.default(false),
    /** K3s makes it by itself where it finds the toolkit. */
    runtimeClass: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, "must be the name of a RuntimeClass, such as nvidia")
      .default("nvidia"),
    /** How many pods may use the GPU at a time. */
    shares: count(1, 16).default(3),
    devicePlugin: image.default("nvcr.io/nvidia/k8s-device-plugin:v0.17.1"),
  }).prefault({}),
  /** Where model weights are kept on the node; losing them costs a download. */
  modelCache: dataDirectory.default("/srv/homelab/models"),
};

export type ComputeGroup = z.output<z.ZodObject<typeof computeGroup>>;

/** The only port of a service that runs as a pod: the node's own address serves it. */
export const podPort = (
  title: string,
  key: string,
  { port }: { readonly port: number },
  output: string,
): ServicePort[] => [{ title, port, key: `compute.${key}.port`, from: "nodes", servedBy: "pod", output }];

/** Copies of model weights in the node's cache. */
export const modelWeights = ({ modelCache }: ComputeGroup): Extract<Keeps, { kind: "ephemeral" }> => ({
  kind: "ephemeral",
  paths: [modelCache],
  reason: "copies of published model weights: losing them costs a download",
});
