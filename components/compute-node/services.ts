import type * as pulumi from "@pulumi/pulumi";
import { DaemonSet } from "@pulumi/kubernetes/apps/v1/daemonSet";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { Service } from "@pulumi/kubernetes/core/v1/service";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount";
import { Role } from "@pulumi/kubernetes/rbac/v1/role";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding";
import * as dagster from "./dagster";
import { credentials, restarting, type Declare } from "./declare";
import { sample, start } from "./files";
import { devicePlugin, devicePluginName, sharing } from "./gpu";
import { mlflow, mlflowName } from "./mlflow";
import type { StorageValues } from "../../services";
import { dagsterSecret, fingerprint, mlflowSecret } from "./secrets";

/** The services that are more than one Deployment: what each declares in the cluster. */

export function declareDagster(
  { name, node, settings, options, metadata }: Declare,
  storage: pulumi.Output<StorageValues>,
  starter: ConfigMap,
): void {
  const secret = credentials(`${name}-dagster-secret`, dagster.dagsterName, {
    values: storage.apply((known) => dagsterSecret(known, settings.dagster)),
    metadata,
    options: options(),
  });
  const instanceFiles = {
    "dagster.yaml": dagster.instance(node, settings),
    "workspace.yaml": dagster.workspace(),
  };
  const sampleFiles = { "sample.py": sample() };
  const instance = new ConfigMap(
    `${name}-dagster-instance`,
    { metadata: metadata(dagster.instanceMap), data: instanceFiles },
    options(),
  );
  const code = new ConfigMap(
    `${name}-dagster-sample`,
    { metadata: metadata(dagster.sampleMap), data: sampleFiles },
    options(),
  );
  const account = new ServiceAccount(
    `${name}-dagster-account`,
    { metadata: metadata(dagster.dagsterName), automountServiceAccountToken: false },
    options(),
  );
  const role = new Role(
    `${name}-dagster-role`,
    { metadata: metadata(dagster.dagsterName), rules: dagster.launcherRules },
    options(),
  );
  const binding = new RoleBinding(
    `${name}-dagster-binding`,
    {
      metadata: metadata(dagster.dagsterName),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: dagster.dagsterName },
      subjects: [{ kind: "ServiceAccount", name: dagster.dagsterName, namespace: settings.namespace }],
    },
    options(account, role),
  );
  new Service(`${name}-dagster-code-service`, dagster.codeService(settings), {
    ...options(),
    // It has an endpoint when the code server runs, which nobody waits for here.
    customTimeouts: { create: "10m" },
  });
  const common = { "homelab.dev/files": fingerprint({ ...instanceFiles, "start.py": start() }) };
  const servers = [
    ["dagster-webserver", dagster.webserver, common],
    ["dagster-daemon", dagster.daemon, common],
    [
      dagster.codeName,
      dagster.codeServer,
      { "homelab.dev/files": fingerprint({ ...instanceFiles, ...sampleFiles }) },
    ],
  ] as const;
  for (const [own, rendered, annotations] of servers) {
    restarting(
      `${name}-${own}`,
      rendered({ node, settings, annotations }),
      secret,
      options(starter, secret.object, instance, code, binding),
    );
  }
}

export function declareMlflow(
  { name, node, settings, options, metadata }: Declare,
  storage: pulumi.Output<StorageValues>,
  starter: ConfigMap,
): void {
  const secret = credentials(`${name}-mlflow-secret`, mlflowName, {
    values: storage.apply((known) => mlflowSecret(known, settings.mlflow)),
    metadata,
    options: options(),
  });
  const annotations = { "homelab.dev/files": fingerprint({ "start.py": start() }) };
  restarting(
    `${name}-mlflow`,
    mlflow({ node, settings, annotations }),
    secret,
    options(starter, secret.object),
  );
}

export function declareGpu({ name, node, settings, options, metadata }: Declare): void {
  const data = { "config.yaml": sharing(settings) };
  const config = new ConfigMap(
    `${name}-gpu-config`,
    { metadata: metadata(devicePluginName), data },
    options(),
  );
  const annotations = { "homelab.dev/files": fingerprint(data) };
  new DaemonSet(`${name}-gpu`, devicePlugin(node, settings, annotations), options(config));
}
