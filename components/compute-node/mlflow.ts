import type { ComputeSettings } from "../../services";
import type { Node } from "../../topology";
import { packagesFirst, packagesPath, packagesScratch } from "./packages";
import { deployment } from "./pod";
import { mlflowVariables } from "./secrets";

export const mlflowName = "mlflow";

export interface MlflowArgs {
  readonly node: Node;
  readonly settings: ComputeSettings;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * MLflow's tracking server: books in PostgreSQL; artifacts go through it to the object store, so that its clients need no keys.
 * @see https://mlflow.org/docs/latest/self-hosting/architecture/tracking-server/
 */
export function mlflow({ node, settings, annotations }: MlflowArgs) {
  const { image, port, workers, bucket, packages, cpu, memory } = settings.mlflow;
  return deployment({
    name: mlflowName,
    namespace: settings.namespace,
    node,
    annotations,
    before: packagesFirst(image, packages),
    programs: [
      {
        name: mlflowName,
        image,
        command: ["python", "/opt/homelab/start.py", "mlflow", "mlflow", "server"],
        args: [
          ...["--host", "0.0.0.0", "--port", String(port), "--workers", String(workers)],
          ...["--artifacts-destination", `s3://${bucket}`, "--serve-artifacts"],
          ...["--allowed-hosts", allowedHosts(node, port).join(",")],
        ],
        env: {
          // Its queue of jobs is a file beside the program.
          MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
          MLFLOW_DISABLE_TELEMETRY: "true",
          PYTHONDONTWRITEBYTECODE: "1",
          ...(packages.length === 0 ? {} : { PYTHONPATH: packagesPath }),
        },
        secret: { name: mlflowName, variables: mlflowVariables },
        requests: { cpu, memory },
        port,
        onNode: true,
        probe: { path: "/health", startSeconds: 600 },
        scratch: packages.length === 0 ? [] : [packagesScratch],
        files: [{ from: "start", key: "start.py", at: "/opt/homelab/start.py" }],
      },
    ],
  });
}

/** By what names clients may ask for it: a web page that made its own name point here is refused. */
export function allowedHosts({ name, address }: Node, port: number): string[] {
  const host = address.includes(":") ? `[[]${address}]` : address;
  return [host, name, `${name}.*`, "localhost"].flatMap((one) => [one, `${one}:${port}`]);
}
