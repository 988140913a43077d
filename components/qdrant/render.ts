import type { Node } from "../../topology";
import { reference } from "../images/reference";
import { lifecycleKey } from "../k3s/config";
import type { QdrantSettings } from "./settings";

/** Why losing what Qdrant stores costs nothing; in every report of the policies. */
export const reason = "derived from PostgreSQL, rebuilt by one command";

const name = "qdrant";
const user = 1000;
const storage = "/qdrant/storage";
const directories = [
  { name: "storage", mountPath: storage },
  { name: "snapshots", mountPath: "/qdrant/snapshots" },
  { name: "init", mountPath: "/qdrant/init" },
];
const security = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/**
 * The Deployment of one Qdrant, as plain values: policies decide on them.
 * @see https://github.com/qdrant/qdrant-helm charts/qdrant: the same user, directories and probe
 */
export function qdrant(node: Node, settings: QdrantSettings, namespace: string) {
  const { port, memory, disk } = settings;
  const image = reference(settings.image);
  const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "homelab" };
  const probe = { httpGet: { path: "/readyz", port }, timeoutSeconds: 5 };
  return {
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 2,
      // The next wants the same port.
      strategy: { type: "Recreate" },
      selector: { matchLabels: { "app.kubernetes.io/name": name } },
      template: {
        metadata: {
          labels,
          annotations: {
            "homelab.dev/ephemeral": reason,
            "homelab.dev/ephemeral-volumes": directories.map((one) => one.name).join(","),
          },
        },
        spec: {
          nodeSelector: { "kubernetes.io/hostname": node.name },
          tolerations: [
            { key: lifecycleKey, operator: "Equal", value: node.lifecycle, effect: "NoSchedule" },
          ],
          securityContext: {
            runAsNonRoot: true,
            runAsUser: user,
            runAsGroup: user,
            fsGroup: user,
            seccompProfile: { type: "RuntimeDefault" },
          },
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          // Runs again when the node was off. What was not yet synced to its disk then may be lost, so nothing of it is
          // trusted: PostgreSQL's watermark would promise more than is there. Without its collection it is not asked.
          initContainers: [
            {
              name: "begin-anew",
              image,
              command: ["find", storage, "-mindepth", "1", "-delete"],
              securityContext: security,
              resources: { requests: { cpu: "10m", memory: "16Mi" } },
              volumeMounts: directories,
            },
          ],
          containers: [
            {
              name,
              image,
              imagePullPolicy: "IfNotPresent",
              env: [
                { name: "QDRANT__SERVICE__HTTP_PORT", value: String(port) },
                { name: "QDRANT__TELEMETRY_DISABLED", value: "true" },
                { name: "QDRANT_INIT_FILE_PATH", value: "/qdrant/init/.qdrant-initialized" },
              ],
              ports: [{ name: "rest", containerPort: port, hostPort: port }],
              startupProbe: { ...probe, periodSeconds: 5, failureThreshold: 60 },
              readinessProbe: { ...probe, periodSeconds: 10 },
              livenessProbe: { ...probe, periodSeconds: 30, failureThreshold: 5 },
              resources: { requests: { cpu: "250m", memory }, limits: { memory } },
              securityContext: security,
              volumeMounts: directories,
            },
          ],
          volumes: directories.map((one) => ({
            name: one.name,
            emptyDir: one.mountPath === storage ? { sizeLimit: disk } : {},
          })),
        },
      },
    },
  };
}
