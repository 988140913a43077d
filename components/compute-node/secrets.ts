import { createHash } from "node:crypto";
import type { ComputeSettings, StorageValues } from "../../services";
import { Refusal } from "../refusal";

/** MinIO takes any region, and clients want one. */
const region = "us-east-1";

const keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"] as const;

export const dagsterVariables = [
  ...["DAGSTER_PG_HOST", "DAGSTER_PG_USER", "POSTGRES_DSN", "AWS_ENDPOINT_URL"],
  ...keys,
] as const;

export const mlflowVariables = ["MLFLOW_BACKEND_STORE_URI", "MLFLOW_S3_ENDPOINT_URL", ...keys] as const;

type Consumer = Pick<ComputeSettings["dagster"], "role" | "database" | "user">;

/** Variables of Dagster's programs. */
export function dagsterSecret(storage: StorageValues, settings: Consumer): Record<string, string> {
  const dsn = dsnOf(storage, settings, "dagster");
  const { hostname, username } = new URL(dsn);
  return {
    DAGSTER_PG_HOST: hostname,
    DAGSTER_PG_USER: decodeURIComponent(username),
    POSTGRES_DSN: sqlAlchemy(dsn),
    AWS_ENDPOINT_URL: storage.s3Endpoint,
    AWS_DEFAULT_REGION: region,
    ...keysOf(storage, settings, "dagster"),
  };
}

/** Variables of MLflow's server. */
export function mlflowSecret(storage: StorageValues, settings: Consumer): Record<string, string> {
  return {
    MLFLOW_BACKEND_STORE_URI: sqlAlchemy(dsnOf(storage, settings, "mlflow")),
    MLFLOW_S3_ENDPOINT_URL: storage.s3Endpoint,
    AWS_DEFAULT_REGION: region,
    ...keysOf(storage, settings, "mlflow"),
  };
}

/** Tells a changed secret from the former one without showing either. */
export function fingerprint(values: Readonly<Record<string, string>>): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(values).sort()))
    .digest("hex")
    .slice(0, 32);
}

/** SQLAlchemy 2.1 takes another driver where none is named. */
const sqlAlchemy = (dsn: string) => dsn.replace(/^postgresql:/, "postgresql+psycopg2:");

function dsnOf({ dsns }: StorageValues, { role, database }: Consumer, service: string): string {
  const found = dsns[role]?.[database];
  if (found !== undefined) return found;
  const known = Object.entries(dsns).flatMap(([name, of]) =>
    Object.keys(of).map((one) => `${name} to ${one}`),
  );
  throw new Refusal(
    `homelab:compute.${service} names the role ${role} and the database ${database}, and storage hands out no such connection; it has ${known.join(", ")}.`,
  );
}

function keysOf({ s3 }: StorageValues, { user }: Consumer, service: string) {
  const keys = s3[user];
  if (keys !== undefined) return { AWS_ACCESS_KEY_ID: keys.accessKey, AWS_SECRET_ACCESS_KEY: keys.secretKey };
  throw new Refusal(
    `homelab:compute.${service}.user is ${user}, and storage hands out no keys for it; it has ${Object.keys(s3).join(", ")}.`,
  );
}
