import { stringify } from "yaml";
import type { ComputeSettings } from "../../services";
import type { Node } from "../../topology";
import { reference } from "../images/reference";
import { placed } from "./pod";

/** What a pod and its program need to use the node's GPU; nothing where there is none. */
export function gpuOf({ gpu }: Pick<ComputeSettings, "gpu">) {
  return gpu.enabled
    ? { pod: { runtimeClass: gpu.runtimeClass }, program: { gpu: true } }
    : { pod: {}, program: {} };
}

/** So many pods may have "one GPU" each, and take turns on the one that is there. */
export function sharing({ gpu }: Pick<ComputeSettings, "gpu">): string {
  return stringify({
    version: "v1",
    sharing: { timeSlicing: { resources: [{ name: "nvidia.com/gpu", replicas: gpu.shares }] } },
  });
}

export const devicePluginName = "nvidia-device-plugin";

/**
 * Tells the kubelet of the GPU. As root: the kubelet's socket is root's.
 * @see https://github.com/NVIDIA/k8s-device-plugin
 */
export function devicePlugin(
  node: Node,
  settings: ComputeSettings,
  annotations: Readonly<Record<string, string>>,
) {
  const labels = { "app.kubernetes.io/name": devicePluginName, "app.kubernetes.io/part-of": "homelab" };
  return {
    metadata: { name: devicePluginName, namespace: settings.namespace, labels },
    spec: {
      selector: { matchLabels: { "app.kubernetes.io/name": devicePluginName } },
      template: {
        metadata: { labels, annotations: { ...annotations } },
        spec: {
          ...placed(node),
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          runtimeClassName: settings.gpu.runtimeClass,
          containers: [
            {
              name: devicePluginName,
              image: reference(settings.gpu.devicePlugin),
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
