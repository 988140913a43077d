/** An API server for a test: started with its store in a folder of its own, ended with it. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports";

const program = join(__dirname, "../../lab/kubernetes/program.sh");

/** Kubernetes' program; undefined where `lab/kubernetes/program.sh build` was not run yet. */
export function builtServer(): string | undefined {
  const { status, stdout } = spawnSync(program, ["path"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: { readonly message?: string; readonly [key: string]: unknown };
}

export interface Cluster {
  /** Address of the API server, and what a client shows it. */
  readonly server: string;
  readonly token: string;
  ask(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
  stop(): void;
}

const token = "test";

/** @param authorization RBAC: as in a cluster; else everybody may do everything */
export async function startCluster(
  built: string,
  authorization: "AlwaysAllow" | "RBAC" = "AlwaysAllow",
): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "homelab-apiserver-"));
  const [client, peer, port] = await Promise.all([freePort(), freePort(), freePort()]);
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  writeFileSync(join(folder, "key.pem"), privateKey);
  writeFileSync(join(folder, "tokens.csv"), `${token},admin,admin,system:masters\n`);
  const store = `http://127.0.0.1:${client}`;
  const children = [
    start(built, [
      "etcd",
      `--data-dir=${join(folder, "store")}`,
      `--listen-client-urls=${store}`,
      `--advertise-client-urls=${store}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
      `--initial-cluster=default=http://127.0.0.1:${peer}`,
      "--unsafe-no-fsync",
    ]),
    start(built, [
      "kube-apiserver",
      `--etcd-servers=${store}`,
      `--secure-port=${port}`,
      "--bind-address=127.0.0.1",
      `--cert-dir=${folder}`,
      `--token-auth-file=${join(folder, "tokens.csv")}`,
      `--authorization-mode=${authorization}`,
      // As in K3s: what is refused is refused by a rule.
      "--allow-privileged=true",
      "--service-account-issuer=https://test.invalid",
      `--service-account-key-file=${join(folder, "key.pem")}`,
      `--service-account-signing-key-file=${join(folder, "key.pem")}`,
      "--service-cluster-ip-range=10.96.0.0/24",
      "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
    ]),
  ];
  const ask: Cluster["ask"] = (method, path, body, headers) => call(port, method, path, body, headers);
  const stop = () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(async () => (await ask("GET", "/readyz").catch(() => undefined))?.status === 200, 90_000);
    await until(
      async () => (await ask("GET", "/api/v1/namespaces/default").catch(() => undefined))?.status === 200,
      30_000,
    );
  } catch (error) {
    stop();
    throw error;
  }
  return { server: `https://127.0.0.1:${port}`, token, ask, stop };
}

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, [...args], { stdio: "ignore" });
}

/** Waits for something to hold. @throws Error when the time is over */
export async function until(holds: () => Promise<boolean>, milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It did not come within ${milliseconds / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function call(
  port: number,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port,
        method,
        path,
        // The server's certificate is its own; nothing leaves this machine.
        rejectUnauthorized: false,
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          accept: "application/json",
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          const status = response.statusCode ?? 0;
          resolve({
            status,
            body: text.startsWith("{") ? (JSON.parse(text) as Answer["body"]) : { message: text },
          });
        });
      },
    );
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
