import * as pulumi from "@pulumi/pulumi";
import { DaemonSet } from "@pulumi/kubernetes/apps/v1/daemonSet";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { stringify } from "yaml";
import { placed, type ComputeSettings } from "../../services";
import type { Node } from "../../topology";
import { reference } from "../images/reference";
import { fingerprint } from "../pod-service";

type Gpu = ComputeSettings["gpu"];

/** What tells the cluster of the node's GPU, and shares it between pods. */
export function declareGpu(args: {
  readonly name: string;
  readonly node: Node;
  readonly namespace: string;
  readonly gpu: Gpu;
  readonly options: pulumi.CustomResourceOptions;
}): void {
  const { name, namespace, options } = args;
  const data = { "config.yaml": sharing(args.gpu) };
  const config = new ConfigMap(
    `${name}-gpu-config`,
    { metadata: { name: devicePluginName, namespace }, data },
    options,
  );
  const annotations = { "homelab.dev/files": fingerprint(data) };
  new DaemonSet(
    `${name}-gpu`,
    devicePlugin(args.node, namespace, args.gpu, annotations),
    pulumi.mergeOptions(options, { dependsOn: config }),
  );
}

/** So many pods may have "one GPU" each, and take turns on the one that is there. */
function sharing({ shares }: Gpu): string {
  return stringify({
    version: "v1",
    sharing: { timeSlicing: { resources: [{ name: "nvidia.com/gpu", replicas: shares }] } },
  });
}

const devicePluginName = "nvidia-device-plugin";

/**
 * Tells the kubelet of the GPU. As root: the kubelet's socket is root's.
 * @see https://github.com/NVIDIA/k8s-device-plugin
 */
function devicePlugin(
  node: Node,
  namespace: string,
  gpu: Gpu,
  annotations: Readonly<Record<string, string>>,
) {
  const labels = { "app.kubernetes.io/name": devicePluginName, "app.kubernetes.io/part-of": "homelab" };
  return {
    metadata: { name: devicePluginName, namespace, labels },
    spec: {
      selector: { matchLabels: { "app.kubernetes.io/name": devicePluginName } },
      template: {
        metadata: { labels, annotations: { ...annotations } },
        spec: {
          ...placed(node),
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          runtimeClassName: gpu.runtimeClass,
          containers: [
            {
              name: devicePluginName,
              image: reference(gpu.devicePlugin),
              env: [{ name: "CONFIG_FILE", value: "/etc/nvidia/config.yaml" }],
              resources: { requests: { cpu: "10m", memory: "64Mi" } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
              volumeMounts: [
                { name: "device-plugins", mountPath: "/var/lib/kubelet/device-plugins" },
                { name: "config", mountPath: "/etc/nvidia", readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: "device-plugins", hostPath: { path: "/var/lib/kubelet/device-plugins" } },
            { name: "config", configMap: { name: devicePluginName } },
          ],
        },
      },
    },
  };
}
