import { describe, expect, it } from "vitest";
import { parse, splitWords, valueOf, valuesOf } from "../../packages/quadlet";
import { minioSchema } from "../../services";
import { alwaysOn, declared, named, passwordOf, secret } from "../testing";
import { bucketPolicy } from "../object-store";
import { MinioNode } from ".";

const settings = minioSchema.parse({ apiPort: 9100 });
let node: MinioNode | undefined;
const run = () =>
  declared(() => {
    node = new MinioNode("s3", { node: alwaysOn(), settings, sshIdentity: undefined });
  });

describe("a MinioNode", () => {
  it("declares its children, all named after it, and nothing else", async () => {
    const all = await run();
    expect(all.map(({ name }) => name).sort()).toEqual([
      "s3",
      "s3-attachment-dagster",
      "s3-attachment-mlflow",
      "s3-bucket-iceberg",
      "s3-bucket-mlflow",
      "s3-bucket-parquet",
      "s3-contents",
      "s3-image",
      "s3-policy-dagster",
      "s3-policy-mlflow",
      "s3-root",
      "s3-root-password-secret",
      "s3-root-user-secret",
      "s3-s3",
      "s3-store",
      "s3-unit",
      "s3-user-dagster",
      "s3-user-dagster-secret",
      "s3-user-dagster-secret-kept",
      "s3-user-mlflow",
      "s3-user-mlflow-secret",
      "s3-user-mlflow-secret-kept",
      "s3-versioning-mlflow",
    ]);
    expect(named(all, "s3").visible.placement).toEqual({
      node: "storage",
      keeps: "persistent",
      paths: ["/srv/homelab/minio"],
    });
  });

  it("shows no password anywhere in the state", async () => {
    const all = await run();
    expect(JSON.stringify(all.map(({ visible }) => visible))).not.toContain(passwordOf(""));
    expect(named(all, "s3-s3").inputs).toMatchObject({
      minioServer: "10.0.0.1:9100",
      minioUser: "homelab-root",
      minioPassword: passwordOf("s3-root"),
    });
    expect(named(all, "s3-s3").visible.minioPassword).toBe(secret);
    expect(named(all, "s3-user-mlflow").inputs.secret).toBe(passwordOf("s3-user-mlflow-secret"));
    expect(named(all, "s3-user-mlflow").visible.secret).toBe(secret);
  });

  it("runs the engine with files for its credentials and one writable mount", async () => {
    const unit = named(await run(), "s3-unit");
    const files = unit.inputs.files as { path: string; content: string }[];
    expect(files.map(({ path }) => path)).toEqual([
      "/etc/containers/systemd/minio.container",
      "/etc/homelab/health/minio",
    ]);
    const quadlet = parse(files[0]?.content ?? "");
    expect(valuesOf(quadlet, "Container", "Volume")).toEqual(["/srv/homelab/minio:/data"]);
    expect(valuesOf(quadlet, "Container", "Secret")).toEqual([
      "homelab-minio-root-user,type=mount,mode=0400",
      "homelab-minio-root-password,type=mount,mode=0400",
    ]);
    expect(valuesOf(quadlet, "Container", "Environment")).toEqual([
      "MINIO_FS_OSYNC=on",
      "MINIO_PROMETHEUS_AUTH_TYPE=public",
      "MINIO_ROOT_PASSWORD_FILE=homelab-minio-root-password",
      "MINIO_ROOT_USER_FILE=homelab-minio-root-user",
      "MINIO_UPDATE=off",
    ]);
    expect(splitWords(valueOf(quadlet, "Container", "Exec") ?? "")).toEqual([
      "server",
      "--address",
      ":9100",
      "--console-address",
      ":9001",
      "/data",
    ]);
    expect(unit.inputs).toMatchObject({
      health: { http: "http://127.0.0.1:9100/minio/health/cluster", timeoutSeconds: 90 },
      restartOn: {
        image: "image-id",
        "root user": "fingerprint-of-s3-root-user-secret",
        "root password": "fingerprint-of-s3-root-password-secret",
      },
      keeps: ["/srv/homelab/minio"],
    });
  });

  it("never deletes a bucket or its versions, and lets all else go with the engine", async () => {
    const inStore = (await run()).filter(({ type }) => type.startsWith("minio:"));
    expect(inStore).toHaveLength(10);
    for (const each of inStore) {
      expect([each.deletedWith, each.provider]).toEqual(["s3-unit", "s3-s3"]);
      expect(each.dependsOn).toContain("s3-unit");
      expect([each.name, each.retainOnDelete]).toEqual([each.name, /bucket|versioning/.test(each.name)]);
    }
    const buckets = inStore.filter(({ name }) => name.startsWith("s3-bucket-"));
    expect(buckets.map(({ inputs }) => inputs.forceDestroy)).toEqual([false, false, false]);
  });

  it("is asked whose the buckets, users and policies are before any of them is made", async () => {
    const all = await run();
    expect(named(all, "s3-store").inputs).toEqual({
      connection: named(all, "s3-unit").inputs.connection,
      endpoint: "http://10.0.0.1:9100",
      dataDirectory: "/srv/homelab/minio",
      buckets: { parquet: { versioned: false }, iceberg: { versioned: false }, mlflow: { versioned: true } },
      users: { mlflow: { policyName: "homelab-mlflow" }, dagster: { policyName: "homelab-dagster" } },
    });
    for (const each of all.filter(({ type }) => type.startsWith("minio:"))) {
      expect(each.dependsOn, each.name).toContain("s3-store");
    }
  });

  it("has all of it compared with the live store, with no secret in clear", async () => {
    const store = named(await run(), "s3-contents");
    expect(store.inputs).toMatchObject({
      endpoint: "http://10.0.0.1:9100",
      user: "homelab-root",
      buckets: { parquet: { versioned: false }, iceberg: { versioned: false }, mlflow: { versioned: true } },
      users: {
        mlflow: { policyName: "homelab-mlflow", secretKey: passwordOf("s3-user-mlflow-secret") },
        dagster: { policyName: "homelab-dagster", secretKey: passwordOf("s3-user-dagster-secret") },
      },
    });
    expect(store.visible).toMatchObject({ password: secret, users: { mlflow: { secretKey: secret } } });
    expect(store.dependsOn).toEqual(
      expect.arrayContaining([
        "s3-store",
        "s3-bucket-mlflow",
        "s3-versioning-mlflow",
        "s3-attachment-dagster",
      ]),
    );
    expect(store.deletedWith).toBe("s3-unit");
  });

  it("gives each consumer its own policy", async () => {
    const all = await run();
    expect(named(all, "s3-attachment-mlflow").inputs).toEqual({
      userName: "mlflow",
      policyName: "homelab-mlflow",
    });
    expect(named(all, "s3-policy-mlflow").inputs.policy).toBe(
      bucketPolicy({ buckets: ["mlflow"], access: "read-write" }, ["mlflow"]),
    );
    expect(node?.endpoints).toMatchObject({
      endpoint: "http://10.0.0.1:9100",
      console: "http://10.0.0.1:9001",
      buckets: ["parquet", "iceberg", "mlflow"],
    });
    const { accessKey, secretKey } = node?.endpoints.users.dagster ?? {};
    expect(accessKey).toBe("dagster");
    expect(await new Promise((resolve) => secretKey?.apply(resolve))).toBe(
      passwordOf("s3-user-dagster-secret"),
    );
  });
});

describe("a consumer's policy", () => {
  interface Policy {
    Statement: { Effect: string; Action: string[]; Resource?: string[] }[];
  }
  const read = (text: string) => JSON.parse(text) as Policy;

  it("names its own buckets, and no wildcard beyond their objects", () => {
    const { Statement } = read(
      bucketPolicy({ buckets: ["b-two", "a-one"], access: "read-write" }, ["b-two"]),
    );
    const allowed = Statement.filter(({ Effect }) => Effect === "Allow");
    expect(allowed.map(({ Resource }) => Resource)).toEqual([
      ["arn:aws:s3:::a-one", "arn:aws:s3:::b-two"],
      ["arn:aws:s3:::a-one/*", "arn:aws:s3:::b-two/*"],
    ]);
    expect(allowed.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual([]);
    const folders = Statement.find(({ Resource }) => Resource?.includes("arn:aws:s3:::b-two/"));
    expect(folders).toEqual({
      Effect: "Deny",
      Action: ["s3:DeleteObject", "s3:PutObject"],
      Resource: ["arn:aws:s3:::b-two/", "arn:aws:s3:::b-two/*/", "arn:aws:s3:::b-two/*__XLDIR__"],
    });
  });

  it("lets nobody delete former versions, and a reader write nothing", () => {
    const actions = (access: "read-only" | "read-write", effect = "Allow") =>
      read(bucketPolicy({ buckets: ["a-one"], access }, [])).Statement.flatMap(({ Effect, Action }) =>
        Effect === effect ? Action : [],
      );
    expect(actions("read-write")).toContain("s3:PutObject");
    expect(actions("read-write")).not.toContain("s3:DeleteObjectVersion");
    const denied = actions("read-write", "Deny");
    expect(denied).toEqual(
      expect.arrayContaining(["s3:DeleteObjectVersion", "s3:ForceDeleteBucket", "admin:*"]),
    );
    expect(actions("read-only").filter((action) => /Put|Delete|Abort/.test(action))).toEqual([]);
  });
});
