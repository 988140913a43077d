import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";

import { Minio } from "./testing/minio";
import { Project } from "./testing/project";

const policy = (action: string): string => `JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["${action}"], Resource: ["arn:aws:s3:::backups/*"] }],
})`;

interface Variant {
  action?: string;
  quota?: number;
  status?: string;
  force?: boolean;
  secret?: string;
}

const program = (v: Variant = {}): string => `import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
const provider = new minio.Provider("server", {
  minioServer: config.require("server"),
  minioUser: config.require("user"),
  minioPassword: config.requireSecret("password"),
  minioSsl: false,
});
const bucket = new minio.S3Bucket("backups",
  { bucket: "backups", quota: ${v.quota ?? 1000000}, forceDestroy: ${String(v.force ?? false)} }, { provider });
new minio.S3BucketVersioning("versioning",
  { bucket: bucket.bucket, versioningConfiguration: { status: "${v.status ?? "Enabled"}" } }, { provider });
const user = new minio.IamUser("writer", { name: "writer", secret: config.requireSecret("${v.secret ?? "first"}") }, { provider });
const generated = new minio.IamUser("generated", {}, { provider });
const policy = new minio.IamPolicy("rules", { policy: ${policy(v.action ?? "s3:PutObject")} }, { provider });
new minio.IamUserPolicyAttachment("attached", { userName: user.name, policyName: policy.name }, { provider });
export const arn = bucket.arn;
export const policyName = policy.name;
export const generatedName = generated.name;
export const generatedSecret = generated.secret;
`;

describe("the minio plugin against a real MinIO server", () => {
  const server = new Minio();
  let project: Project;
  beforeAll(async () => {
    await server.start();
    project = new Project(program());
    project.mustRun("config", "set", "server", `127.0.0.1:${server.port}`);
    project.mustRun("config", "set", "user", server.user);
    project.mustRun("config", "set", "--secret", "password", server.password);
    project.mustRun("config", "set", "--secret", "first", "first-secret-value");
    project.mustRun("config", "set", "--secret", "second", "second-secret-value");
    project.up();
  });
  afterAll(() => {
    project.remove();
    server.stop();
  });

  test("makes them with the outputs of the schema", () => {
    const outputs = project.outputs();
    expect(outputs.arn).toBe("arn:aws:s3:::backups");
    expect(outputs.policyName).toMatch(/^rules-[0-9a-f]{7}$/);
    expect(outputs.generatedName).toMatch(/^generated-[0-9a-f]{7}$/);
    expect(outputs.generatedSecret).toHaveLength(40);
    expect(project.resource("backups").outputs).toMatchObject({ bucket: "backups", acl: "private" });
    expect(project.resource("writer").outputs).toMatchObject({ status: "enabled" });
  });

  test("no password and no secret stands in the state in clear", () => {
    const state = project.stateText();
    const generated = z.string().parse(project.outputs().generatedSecret);
    for (const word of [server.password, "first-secret-value", generated]) expect(state).not.toContain(word);
  });

  test("the user may do what the attached policy allows, and no more", async () => {
    await server.request("PUT", "/backups/one", "writer", "first-secret-value");
    await expect(server.request("GET", "/backups/one", "writer", "first-secret-value")).rejects.toThrow(
      "AccessDenied",
    );
    await expect(server.request("PUT", "/other", "writer", "first-secret-value")).rejects.toThrow(
      "AccessDenied",
    );
  });

  test("a second run finds nothing to do, before and after a refresh", () => {
    expect(new Set(Object.values(project.plan()))).toEqual(new Set(["same"]));
    project.mustRun("refresh", "--yes");
    expect(new Set(Object.values(project.plan()))).toEqual(new Set(["same"]));
  });

  test("quota, policy text, versioning and a new secret are updates", () => {
    project.program(
      program({ quota: 2000000, action: "s3:GetObject", status: "Suspended", secret: "second" }),
    );
    expect(project.plan()).toMatchObject({
      backups: "update",
      versioning: "update",
      writer: "update",
      generated: "same",
      rules: "update",
      attached: "same",
    });
    const generated = project.outputs().generatedSecret;
    project.up();
    expect(project.outputs().generatedSecret).toBe(generated);
    project.mustRun("refresh", "--yes", "--expect-no-changes");
  });

  test("a policy written in another way is no change", () => {
    const spelled = `'{"Statement":[{"Resource":"arn:aws:s3:::backups/*","Action":"s3:GetObject","Effect":"Allow"}],"Version":"2012-10-17"}'`;
    project.program(
      program({ quota: 2000000, status: "Suspended", secret: "second" }).replace(
        policy("s3:PutObject"),
        spelled,
      ),
    );
    expect(project.planned("rules")).toBe("same");
  });

  test("what somebody else removed is made again after a refresh", async () => {
    project.program(
      program({ quota: 2000000, action: "s3:GetObject", status: "Suspended", secret: "second" }),
    );
    await server.request("DELETE", "/minio/admin/v3/remove-user?accessKey=writer");
    project.mustRun("refresh", "--yes");
    expect(project.planned("writer")).toBe("create");
    project.up();
    project.up();
    expect(await server.request("GET", "/minio/admin/v3/user-info?accessKey=writer")).toContain("enabled");
  });

  test("a bucket with something in it is deleted only by force", async () => {
    const refused = project.run("destroy", "--yes");
    expect(refused.status).not.toBe(0);
    expect(refused.stdout).toContain("bucket backups is not empty: set forceDestroy");
    project.program(
      program({ quota: 2000000, action: "s3:GetObject", status: "Suspended", secret: "second", force: true }),
    );
    project.up();
    project.mustRun("destroy", "--yes");
    expect(await server.request("GET", "/")).not.toContain("<Name>backups</Name>");
  });

  test("a bucket that is there already can be imported by its name", async () => {
    await server.request("PUT", "/older");
    project.program(`import * as minio from "@pulumi/minio";
import * as pulumi from "@pulumi/pulumi";
const config = new pulumi.Config();
const provider = new minio.Provider("server", { minioServer: config.require("server"), minioUser: config.require("user"),
  minioPassword: config.requireSecret("password") });
new minio.S3Bucket("older", { bucket: "older" }, { provider, import: "older" });`);
    expect(project.planned("older")).toBe("import");
    project.up();
    expect(project.planned("older")).toBe("same");
  });

  test("a wrong password is an error that does not show it", () => {
    project.mustRun("config", "set", "--secret", "password", "not-the-password");
    project.program(program());
    const done = project.run("up", "--yes", "--skip-preview");
    expect(done.status).not.toBe(0);
    expect(done.stdout + done.stderr).not.toContain("not-the-password");
  });
});
