import * as k8s from "@pulumi/kubernetes";

new k8s.core.v1.Namespace("before", { metadata: { name: "before" } });

new k8s.apps.v1.StatefulSet("db", {
  metadata: { name: "db", namespace: "work" },
  spec: {
    serviceName: "db",
    selector: { matchLabels: { app: "db" } },
    template: {
      metadata: { labels: { app: "db" } },
      spec: {
        nodeName: "compute",
        containers: [
          {
            name: "db",
            image: "docker.io/library/postgres:18",
            volumeMounts: [{ name: "data", mountPath: "/var/lib/postgresql" }],
          },
        ],
      },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
    ],
  },
});
