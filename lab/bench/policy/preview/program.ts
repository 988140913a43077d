import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** As many Deployments as the configuration says, each with a few volumes, none of which breaks the rule. */
const count = new pulumi.Config().requireNumber("count");
for (let index = 0; index < count; index += 1) {
  const labels = { app: `app-${index}` };
  new k8s.apps.v1.Deployment(`app-${index}`, {
    metadata: { name: `app-${index}`, namespace: "work", labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          nodeSelector: { "kubernetes.io/hostname": index % 2 === 0 ? "compute" : "storage" },
          containers: [
            {
              name: "app",
              image: "docker.io/library/nginx:1.29",
              env: [{ name: "PORT", value: "80" }],
              volumeMounts: [
                { name: "cache", mountPath: "/cache" },
                { name: "zone", mountPath: "/etc/localtime", readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: "cache", emptyDir: {} },
            { name: "zone", hostPath: { path: "/etc/localtime" } },
          ],
        },
      },
    },
  });
}
