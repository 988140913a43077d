import * as pulumi from "@pulumi/pulumi";
import { podsInCluster, type StorageValues } from "../../services";
import { loadSettings } from "../../settings";
import type { Node } from "../../topology";
import { alwaysOn, declared } from "../testing";
import { ClusterWorkloads } from ".";

/** What storage hands out, with passwords that are to be found nowhere but in Secrets. */
export const storage: StorageValues = {
  dsns: { agent: { agent_gateway: "postgresql://agent:PASS-WORD@10.0.0.1:5432/agent_gateway" } },
  s3Endpoint: "http://10.0.0.1:9000",
  s3: { dagster: { accessKey: "dagster", secretKey: "S3-SECRET-KEY" } },
};

const natsUsers = { agent: "NATS-SECRET", "agents-mail": "AGENTS-SECRET", "agents-code": "AGENTS-SECRET" };

export const desktop = alwaysOn("desktop");
export const compute: Node = {
  ...alwaysOn("desktop"),
  ...{ name: "compute", address: "10.0.0.3", lifecycle: "on-demand" },
};

/** Runs the component with workloads as a stack file has them. @param keys others of the stack file */
export function runOn(node: Node, workloads: object, keys: object = {}, from: StorageValues = storage) {
  const all = Object.entries({ k3s: { enabled: true }, workloads, ...keys }).map(([key, value]) => [
    `homelab:${key}`,
    JSON.stringify(value),
  ]);
  const around = { home: "/nowhere", exists: () => false };
  const stack = node.name === "compute" ? "compute" : "desktop";
  const settings = loadSettings(stack, Object.fromEntries(all) as Record<string, string>, around);
  let made: ClusterWorkloads | undefined;
  return declared(() => {
    made = new ClusterWorkloads("pods", {
      node,
      workloads: podsInCluster(node, settings, String),
      cluster: { kubeconfig: pulumi.secret("KUBECONFIG"), identifier: "homelab-0123" },
      storage: pulumi.secret(from),
      services: {
        nats: Object.fromEntries(
          Object.entries(natsUsers).map(([user, password]) => [user, pulumi.secret(password)]),
        ),
      },
      urls: { NATS_URL: "nats://10.0.0.2:4222" },
      sshIdentity: undefined,
    });
  }).then((found) => ({ found, made }));
}

export const image = "registry.example.org/familiar:1.4.2";

/** One with everything that a workload may have. */
export const familiar = {
  ...{ image, cluster: true, command: ["serve", "--verbose"], memory: "1G", user: "1234:5678" },
  ports: { http: { port: 8080, output: "FAMILIAR_URL" }, admin: { port: 8081 } },
  environment: {
    LOG_LEVEL: "info",
    DATABASE_URL: "${dsn.agent.agent_gateway}",
    NATS: "${NATS_URL} ${nats.agent}",
  },
  secrets: { OPENAI_API_KEY: "sk-of-mine" },
  secretFiles: { "s3.env": "KEY=${s3.dagster.secretKey}", api: "${password.api}" },
  passwords: ["api"],
  files: { "app.yaml": { at: "/etc/familiar/app.yaml", content: "greeting: hello\n" } },
  tmpfs: ["/scratch"],
  health: { http: "/healthz", port: "http" },
  startSeconds: 120,
  pod: { spec: { priorityClassName: "low" }, container: { env: [{ name: "TZ", value: "UTC" }] } },
};
