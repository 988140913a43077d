import * as k8s from "@pulumi/kubernetes";

const claim = new k8s.core.v1.PersistentVolumeClaim("data", {
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "local-path",
    resources: { requests: { storage: "1Gi" } },
  },
});
new k8s.batch.v1.CronJob("report", {
  spec: {
    schedule: "0 3 * * *",
    jobTemplate: {
      spec: {
        template: {
          spec: {
            restartPolicy: "Never",
            containers: [
              {
                name: "report",
                image: "docker.io/library/busybox:1.37",
                volumeMounts: [{ name: "data", mountPath: "/data" }],
              },
            ],
            volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim.metadata.name } }],
          },
        },
      },
    },
  },
});
