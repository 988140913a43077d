import * as docker from "../../docker";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const password = new random.RandomPassword("password", { length: 20 });

const scratch = new k8s.core.v1.PersistentVolumeClaim("scratch", {
  metadata: { name: "scratch", namespace: "work" },
  spec: {
    accessModes: ["ReadWriteMany"],
    storageClassName: "nfs-client",
    resources: { requests: { storage: "1Gi" } },
  },
});

new k8s.apps.v1.Deployment("worker", {
  metadata: { namespace: "work" },
  spec: {
    selector: { matchLabels: { app: "worker" } },
    template: {
      metadata: { labels: { app: "worker" } },
      spec: {
        nodeSelector: { "kubernetes.io/hostname": "compute" },
        containers: [
          {
            name: "worker",
            image: "docker.io/library/busybox:1.37",
            env: [{ name: "TOKEN", value: password.result }],
            volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
          },
        ],
        volumes: [{ name: "scratch", persistentVolumeClaim: { claimName: scratch.metadata.name } }],
      },
    },
  },
});

// The only copy of something, on a node that is always on.
const storage = new docker.Provider("storage", { host: "ssh://root@10.0.0.1:22" });
new docker.Container(
  "registry",
  {
    image: "docker.io/library/registry:3",
    volumes: [{ hostPath: "/srv/registry", containerPath: "/var/lib/registry" }],
  },
  { provider: storage },
);

// Says why losing it costs nothing.
const compute = new docker.Provider("compute", { host: "ssh://root@10.0.0.3:22" });
new docker.Container(
  "models",
  {
    image: "docker.io/library/busybox:1.37",
    volumes: [{ volumeName: "models", containerPath: "/models" }],
    labels: [{ label: "homelab.dev/ephemeral", value: "downloaded again from the hub" }],
  },
  { provider: compute },
);

// A component of another kind: what it is made of is looked at, each by itself.
class Group extends pulumi.ComponentResource {
  constructor(name: string) {
    super("mine:index:Group", name);
    new random.RandomId("of-a-group", { byteLength: 4 }, { parent: this });
  }
}
new Group("group");
