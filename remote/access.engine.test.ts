import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtServer, startCluster, until, type Cluster } from "../tests/support/api-server";
import { scriptText } from "./run";

const built = builtServer();
/** The API server learns of a new role a moment after it was made. */
const soon = { timeout: 30_000, interval: 200 };

const map = (name: string) => ({ metadata: { name }, data: {} });

/** Who may use the cluster, with a real API server that asks RBAC, and the real kubectl. */
describe.skipIf(built === undefined)("people's access to the cluster", () => {
  let cluster: Cluster;
  let folder: string;
  beforeAll(async () => {
    cluster = await startCluster(built ?? "", "RBAC");
    folder = mkdtempSync(join(tmpdir(), "homelab-access-"));
    // As K3s' own program: kubectl is a word of it, and knows its kubeconfig.
    writeFileSync(
      join(folder, "k3s"),
      `#!/bin/bash
case "$*" in *"config view"*) printf 'https://127.0.0.1:6443 Q0E=' ; exit ;; esac
exec "${built ?? ""}" "$1" --server=${cluster.server} --token=${cluster.token} --insecure-skip-tls-verify=true "\${@:2}"
`,
    );
    chmodSync(join(folder, "k3s"), 0o755);
    for (const namespace of ["lab", "other"])
      await cluster.ask("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    await cluster.ask("POST", "/api/v1/namespaces/lab/configmaps", map("changed"));
    const roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    const rulesOf = async (role: string) =>
      (await cluster.ask("GET", `${roles}/system:aggregate-to-${role}`)).body.rules as object[] | undefined;
    await until(
      async () => (await rulesOf("edit")) !== undefined && (await rulesOf("view")) !== undefined,
      30_000,
    );
    // A controller puts these together in a cluster; here runs the API server alone.
    const view = (await rulesOf("view")) ?? [];
    for (const [role, rules] of Object.entries({ view, edit: [...view, ...((await rulesOf("edit")) ?? [])] }))
      await cluster.ask(
        "PATCH",
        `${roles}/${role}`,
        { rules },
        { "content-type": "application/merge-patch+json" },
      );
  });
  afterAll(() => {
    cluster.stop();
    rmSync(folder, { recursive: true });
  });

  function access(lines: Record<string, string>): { code: number | null; out: string; said: string } {
    const systemctl = `systemctl() { [ "$1" != show ] || echo "{ path=${folder}/k3s ; argv[]=x }"; }`;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", `${systemctl}\n${scriptText("access")}`], {
      encoding: "utf8",
      input: `${Object.entries(lines)
        .map(([key, value]) => `${key}\t${value}\n`)
        .join("")}end\n`,
    });
    return { code: status, out: stdout, said: stderr };
  }
  const create = (name: string, role: string, namespaces = "") =>
    access({ verb: "create", name, role, namespaces, seconds: "86400" });
  const tokenOf = (of: { code: number | null; out: string; said: string }) => {
    expect(of).toMatchObject({ code: 0 });
    return /^token\t(\S+)$/m.exec(of.out)?.[1] ?? "";
  };
  const as = async (token: string, method: string, path: string, body?: object) =>
    (await cluster.ask(method, path, body, { authorization: `Bearer ${token}` })).status;
  it("is what the role says and no more", async () => {
    const [viewer, developer, admin] = [
      create("ada", "viewer"),
      create("bob", "developer", "lab"),
      create("eve", "admin"),
    ].map(tokenOf);
    const can = async (token = "") => ({
      sees: await as(token, "GET", "/api/v1/namespaces/other/configmaps"),
      secrets: await as(token, "GET", "/api/v1/namespaces/lab/secrets"),
      "secrets elsewhere": await as(token, "GET", "/api/v1/namespaces/other/secrets"),
      changes: await as(token, "PUT", "/api/v1/namespaces/lab/configmaps/changed", map("changed")),
      "changes elsewhere": await as(token, "DELETE", "/api/v1/namespaces/other/configmaps/none"),
      "makes itself more": await as(token, "GET", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"),
    });
    await expect
      .poll(() => can(viewer), soon)
      .toEqual({
        ...{ sees: 200, secrets: 403, "secrets elsewhere": 403 },
        ...{ changes: 403, "changes elsewhere": 403, "makes itself more": 403 },
      });
    await expect
      .poll(() => can(developer), soon)
      .toEqual({
        ...{ sees: 200, secrets: 200, "secrets elsewhere": 403 },
        ...{ changes: 200, "changes elsewhere": 403, "makes itself more": 403 },
      });
    await expect
      .poll(() => can(admin), soon)
      .toEqual({
        ...{ sees: 200, secrets: 200, "secrets elsewhere": 200 },
        ...{ changes: 200, "changes elsewhere": 404, "makes itself more": 200 },
      });
  });

  it("is less when it is given anew with a smaller role, also for a token from before", async () => {
    const former = tokenOf(create("carl", "admin"));
    await expect.poll(() => as(former, "GET", "/api/v1/namespaces/other/secrets"), soon).toBe(200);
    expect(create("carl", "viewer").code).toBe(0);
    await until(async () => (await as(former, "GET", "/api/v1/namespaces/other/secrets")) === 403, 30_000);
    expect(access({ verb: "list" }).out).toMatch(/^access\tcarl\tviewer\t\t20\d\d-\d\d-\d\dT/m);
  });

  it("ends at once when it is revoked, and is told when there is none", async () => {
    const token = tokenOf(create("dora", "viewer"));
    await expect.poll(() => as(token, "GET", "/api/v1/namespaces/other/configmaps"), soon).toBe(200);
    expect(access({ verb: "revoke", name: "dora" })).toMatchObject({ code: 0 });
    await until(async () => (await as(token, "GET", "/api/v1/namespaces/other/configmaps")) === 401, 30_000);
    expect(access({ verb: "revoke", name: "dora" })).toMatchObject({
      code: 44,
      said: expect.stringContaining("Nobody named dora has access") as string,
    });
    expect(access({ verb: "list" }).out).not.toContain("dora");
  });

  it("is not given for a namespace that is not there, and nothing is changed then", () => {
    expect(create("fred", "developer", "lab nowhere")).toMatchObject({
      code: 42,
      said: expect.stringContaining("no namespace nowhere") as string,
    });
    expect(access({ verb: "list" }).out).not.toContain("fred");
  });
});
