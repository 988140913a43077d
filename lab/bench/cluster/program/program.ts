import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** As many Deployments of one pod as the configuration says, on nodes that kwok plays. */
const config = new pulumi.Config();
const provider = new k8s.Provider("cluster", {
  kubeconfig: config.requireSecret("kubeconfig"),
  clusterIdentifier: "lab",
});
for (let index = 0; index < config.requireNumber("count"); index += 1) {
  const name = `many-${index}`;
  const labels = { app: name };
  new k8s.apps.v1.Deployment(
    name,
    {
      metadata: { name, namespace: config.require("namespace"), labels },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            nodeSelector: { type: "kwok" },
            tolerations: [{ key: "kwok.x-k8s.io/node", operator: "Exists", effect: "NoSchedule" }],
            containers: [
              { name: "app", image: "docker.io/library/nginx:1.29", env: [{ name: "PORT", value: "80" }] },
            ],
          },
        },
      },
    },
    { provider },
  );
}
