import { z } from "zod";
import { dataDirectory, flag, image, strict } from "./fields";
import { count } from "./pod-fields";
import type { Keeps, ServicePort } from "./service";

/** What `homelab:compute` says for all of its services. */
export const computeGroup = {
  enabled: flag.default(false).describe("whether anything runs there"),
  namespace: z
    .string()
    .regex(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a small letter, then small letters, digits or -")
    .default("homelab-compute")
    .describe("namespace in the cluster of all that runs there"),
  gpu: strict({
    enabled: flag
      .default(false)
      .describe("the node has an NVIDIA GPU, its driver and the NVIDIA container toolkit"),
    runtimeClass: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, "must be the name of a RuntimeClass, such as nvidia")
      .default("nvidia")
      .describe("how pods ask for it; K3s makes this one by itself"),
    shares: count(1, 16).default(3).describe("pods that may use it in turns, 1 to 16"),
    devicePlugin: image
      .default("nvcr.io/nvidia/k8s-device-plugin:v0.17.1")
      .describe("image of NVIDIA's device plugin"),
  }).prefault({}),
  modelCache: dataDirectory
    .default("/srv/homelab/models")
    .describe("directory on compute for model weights; losing it costs a download"),
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
