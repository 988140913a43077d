import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StorageOutputs } from "../../nodes/storage-outputs";
import { nodeNames } from "../../topology";
import { onNode } from "../support/lab";
import { byHand, dsnOf, psql, psqlRefusal, s3 } from "../support/services";
import { forms, generatedSecrets, linesOfKeys, type ShownState } from "../support/state-secrets";
import { handedOut, nothingToChange, preview, pulumi, up, well } from "../support/stack";

const state = join(__dirname, "../../lab/state");

/** Every password that was ever made and the body of the SSH key, as they are and as the agents are given them. */
function secrets(): string[] {
  const { deployment } = JSON.parse(well(pulumi("storage", "stack", "export", "--show-secrets")).text) as {
    deployment: { resources: { urn: string; type: string; outputs?: { result?: { plaintext: string } } }[] };
  };
  const passwords = deployment.resources
    .filter(({ type }) => type === "random:index/randomPassword:RandomPassword")
    // A cluster's token has to stand in a file.
    .filter(({ urn }) => /::(postgres|minio)-[a-z0-9-]+$/.test(urn))
    .map(({ outputs }) => JSON.parse(outputs?.result?.plaintext ?? '""') as string);
  if (passwords.length === 0 || passwords.some((password) => password.length < 20))
    throw new Error("The passwords in the state cannot be read.");
  const key = readFileSync(join(state, "id_lab"), "utf8").split("\n")[2] ?? "";
  const encoded = passwords.map((password) => Buffer.from(password).toString("base64").replace(/=+$/, ""));
  return [...passwords, ...encoded, key];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? filesBelow(join(folder, entry.name))
      : entry.isFile()
        ? [join(folder, entry.name)]
        : [],
  );
}

const holding = (text: string, values: readonly string[]) => values.filter((value) => text.includes(value));

/** Copies all argument lists that there ever are, as fast as it can, into a file in memory while the flag is there. */
const watch = `touch /dev/shm/lab-watch; while [ -e /dev/shm/lab-watch ]; do cat /proc/[0-9]*/cmdline; done 2>/dev/null | tr '\\0' '\\n' | grep -E '.{20}' | sort -u >/dev/shm/lab-seen`;

const rotated = [
  "postgres-superuser",
  "postgres-role-system-password",
  "minio-root",
  "minio-user-mlflow-secret",
];
let before: StorageOutputs;
let after: StorageOutputs;
let values: string[];
let said: string;
let seenHere = "";

/** What a stack's state is, as its owner gets it: with its secrets in clear, when asked for. */
const exported = (node: (typeof nodeNames)[number], ...args: string[]) => {
  const { text } = well(pulumi(node, "stack", "export", ...args));
  return text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1);
};

describe("the state of the stacks", () => {
  it("holds no password that was made and no private key in clear, nor in base64", () => {
    const shown = nodeNames.map((node) => exported(node, "--show-secrets"));
    const made = [
      ...shown.flatMap((text) => generatedSecrets(JSON.parse(text) as ShownState)),
      ...linesOfKeys(readFileSync(join(state, "id_lab"), "utf8")),
    ];
    expect(made.length).toBeGreaterThan(12);
    expect(made.filter((one) => one.length < 20)).toEqual([]);
    // They are found where they are shown.
    expect(made.filter((one) => !shown.some((text) => text.includes(one)))).toEqual(
      linesOfKeys(readFileSync(join(state, "id_lab"), "utf8")),
    );
    const looked = made.flatMap(forms);
    for (const node of nodeNames) expect(holding(exported(node), looked), node).toEqual([]);
  });
});

describe("recreated passwords", () => {
  beforeAll(async () => {
    before = handedOut();
    values = secrets();
    onNode(
      "storage",
      `nohup sh -c ${JSON.stringify(watch).replaceAll("$", "\\$")} >/dev/null 2>&1 </dev/null &`,
    );
    const here = spawn("sh", ["-c", "while :; do cat /proc/[0-9]*/cmdline 2>/dev/null; echo; done"]);
    const seen = new Set<string>();
    here.stdout.on("data", (data: Buffer) => {
      for (const line of data.toString().split(/[\0\n]/)) if (line.length >= 20) seen.add(line);
    });
    // Not in this process: it has to go on reading.
    const urns = JSON.parse(well(pulumi("storage", "stack", "export")).text) as {
      deployment: { resources: { urn: string }[] };
    };
    const replace = urns.deployment.resources
      .filter(({ urn }) =>
        rotated.some((name) => urn.includes("RandomPassword") && urn.endsWith(`::${name}`)),
      )
      .flatMap(({ urn }) => ["--replace", urn]);
    expect(replace.length).toBe(2 * rotated.length);
    const { code, text } = await later([
      "storage",
      "up",
      "--yes",
      "--skip-preview",
      "--color",
      "never",
      ...replace,
    ]);
    here.kill();
    seenHere = [...seen].join("\n");
    onNode("storage", "rm -f /dev/shm/lab-watch; sleep 1");
    expect(code, text).toBe(0);
    said = text + preview("storage", "--diff").text + pulumi("storage", "stack", "output").text;
    after = handedOut();
    values = [...new Set([...values, ...secrets()])];
  });
  afterAll(() => {
    onNode("storage", "rm -f /dev/shm/lab-watch /dev/shm/lab-seen");
    for (const node of ["desktop", "compute"] as const) well(up(node));
  });

  it("are those that count from then on, and nothing else has changed", () => {
    nothingToChange();
    expect(psql("desktop", dsnOf(after, "system", "dagster"), "SELECT 1")).toBe("1");
    expect(psqlRefusal("desktop", dsnOf(before, "system", "dagster"), "SELECT 1")).toContain(
      "password authentication failed",
    );
    expect(dsnOf(after, "agent", "agent_gateway")).toBe(dsnOf(before, "agent", "agent_gateway"));
    expect(s3(after, "mlflow", "GET", "mlflow").status).toBe(200);
    expect(s3(before, "mlflow", "GET", "mlflow").status).toBe(403);
    expect(s3(after, "dagster", "GET", "parquet").status).toBe(200);
  });

  it("and the former ones are in no state file in clear, and in no log of the lab", () => {
    expect(values.length).toBeGreaterThan(12);
    for (const folder of ["backend", "log"])
      for (const file of filesBelow(join(state, folder)))
        expect(holding(readFileSync(file, "utf8"), values), file).toEqual([]);
  });

  it("are not shown by up, preview --diff or stack output", () => {
    expect(said).toContain("[secret]");
    expect(holding(said, values)).toEqual([]);
  });

  it("were in no argument list while they were made, neither here nor on storage", () => {
    const seenThere = onNode("storage", "cat /dev/shm/lab-seen");
    // So it has seen the moment in which the new one was handed to podman.
    expect(seenThere).toContain("homelab-postgres-superuser");
    expect(seenHere).toMatch(/pulumi/);
    // The words of an ssh command are arguments here, those of the remote shell there.
    expect(holding(seenThere, values)).toEqual([]);
    expect(holding(seenHere, values)).toEqual([]);
  });

  it.each(nodeNames)("are in no file, log, container or unit of %s but podman's own store", (node) => {
    const look = `umask 077; cat >/dev/shm/lab-values
      found() { if grep -qFf /dev/shm/lab-values; then echo "$1"; fi; }
      grep -rlFf /dev/shm/lab-values /etc /run/systemd /var/log /var/lib/homelab /root /tmp /home /usr/local/bin 2>/dev/null
      journalctl --no-pager -o verbose 2>/dev/null | found journal
      podman ps -aq | xargs -r podman inspect | found 'podman inspect'
      podman secret ls -q | xargs -r podman secret inspect | found 'podman secret inspect'
      podman images -q | xargs -r podman history --no-trunc | found images
      systemctl show '*' | found 'systemctl show'
      ps -eo args --width 100000 | found 'process list'
      rm -f /dev/shm/lab-values`;
    expect(onNode(node, look, `${values.join("\n")}\n`).trim()).toBe("");
  });

  it("are not in PostgreSQL's statistics of statements, nor are their verifiers there or in its log", () => {
    const queries = byHand("postgres", "SELECT query FROM pg_stat_statements");
    expect(queries).toMatch(/SELECT/i);
    expect(holding(queries, values)).toEqual([]);
    expect(queries).not.toContain("SCRAM-SHA-256$");
    expect(
      onNode("storage", "journalctl -u postgres --no-pager -o cat | grep -F 'SCRAM-SHA-256$' || true"),
    ).toBe("");
  });

  it("would be found by this search", () => {
    const value = values[0] ?? "";
    onNode("storage", "cat >/etc/homelab/lab-leak", value);
    const look =
      "umask 077; cat >/dev/shm/lab-values; grep -rlFf /dev/shm/lab-values /etc; rm -f /dev/shm/lab-values /etc/homelab/lab-leak";
    expect(onNode("storage", look, `${value}\n`).trim()).toBe("/etc/homelab/lab-leak");
  });
});

/** lab/pulumi without blocking this process. */
function later(args: readonly string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const run = spawn(join(state, "../pulumi"), args, { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    run.stdout.on("data", (data: Buffer) => (text += data.toString()));
    run.stderr.on("data", (data: Buffer) => (text += data.toString()));
    run.on("close", (code) => {
      resolve({ code: code ?? 255, text });
    });
  });
}
