/** Writes workloads as manifests, a file each: `tsx lab/bench/policy/generate.ts COUNT FOLDER`. A tenth breaks the rule. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

const [count = "1000", folder = "workloads"] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (let index = 0; index < Number(count); index += 1) {
  const name = `app-${String(index).padStart(5, "0")}`;
  const labels = { app: name };
  const bad = index % 10 === 0;
  const manifest = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "work", labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: "app",
              image: "docker.io/library/nginx:1.29",
              env: [{ name: "PORT", value: "80" }],
              ports: [{ containerPort: 80 }],
              resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
              volumeMounts: [
                { name: "data", mountPath: "/data" },
                { name: "zone", mountPath: "/etc/localtime", readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: "data", ...(bad ? { hostPath: { path: "/srv/data" } } : { emptyDir: {} }) },
            { name: "zone", hostPath: { path: "/etc/localtime" } },
          ],
        },
      },
    },
  };
  writeFileSync(join(folder, `${name}.yaml`), stringify(manifest));
}
