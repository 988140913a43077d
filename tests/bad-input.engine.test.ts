import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { environment } from "../packages/plugins/testing/toolchain";

/** This project's own program in the real engine; the nodes are this computer's loopback. */
const root = join(__dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "homelab-bad-input-"));
const env = {
  ...environment(),
  PULUMI_BACKEND_URL: `file://${folder}`,
  PULUMI_CREDENTIALS_PATH: folder,
  PULUMI_CONFIG_PASSPHRASE: "of no use outside of this folder",
};

type Values = Record<string, unknown>;
interface Topology {
  nodes: Record<string, Values>;
  [key: string]: unknown;
}

/** Whoever knocks at a node is counted: nothing may be touched before the input is right. */
let server: Server;
let knocks = 0;
let port = 0;

function pulumi(...args: string[]): { code: number; text: string } {
  const done = spawnSync("pulumi", [...args, "--non-interactive", "--color", "never"], {
    cwd: root,
    env,
    encoding: "utf8",
    timeout: 110_000,
  });
  return { code: done.status ?? 255, text: `${done.stdout}\n${done.stderr}` };
}

/** A preview of a stack with this configuration. */
async function run(
  stack: string,
  postgres: Values,
  change: (topology: Topology) => void,
  others: Values = {},
  command = "preview",
) {
  const topology = parse(readFileSync(join(root, "tests/fixtures/topology.yaml"), "utf8")) as Topology;
  for (const node of Object.values(topology.nodes)) node.ssh = { port };
  change(topology);
  writeFileSync(join(folder, "topology.yaml"), JSON.stringify(topology));
  writeFileSync(join(folder, "id"), "no key");
  const config = {
    "homelab:topology": join(folder, "topology.yaml"),
    "homelab:sshIdentity": join(folder, "id"),
    "homelab:postgres": postgres,
    ...others,
  };
  const file = join(folder, `Pulumi.${stack}.yaml`);
  writeFileSync(file, JSON.stringify({ config }));
  const yes = command === "up" ? ["--yes", "--skip-preview"] : [];
  const result = pulumi(command, "--stack", stack, "--config-file", file, ...yes);
  // Whoever knocked while the engine had this process wait is counted now.
  await new Promise((resolve) => setTimeout(resolve, 50));
  return result;
}

/** The sentences under "Diagnostics", without the words that Pulumi puts around them. */
function sentences(text: string): string[] {
  const diagnostics = text.slice(
    text.indexOf("Diagnostics:"),
    text.indexOf("Resources:", text.indexOf("Diagnostics:")),
  );
  return diagnostics
    .split("\n")
    .map((line) => line.trim().replace(/^error: /, ""))
    .filter(
      (line) => line !== "" && !/^(Diagnostics:|pulumi:pulumi:Stack|preview failed|update failed)/.test(line),
    );
}

const nothing = () => undefined;
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

describe("bad input", () => {
  beforeAll(async () => {
    server = createServer((socket) => {
      knocks++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    port = (server.address() as { port: number }).port;
    // `stack init` writes a file of its own: not into this project's folder.
    for (const stack of ["storage", "compute"]) {
      const init = spawnSync("pulumi", ["stack", "init", stack, "--no-select", "--non-interactive"], {
        cwd: (writeFileSync(join(folder, "Pulumi.yaml"), "name: homelab\nruntime: nodejs\n"), folder),
        env,
        encoding: "utf8",
      });
      if (init.status !== 0) throw new Error(init.stderr);
    }
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each<
    [what: string, postgres: Values, change: (topology: Topology) => void, others: Values, said: string[]]
  >([
    [
      "an unknown key",
      {},
      nothing,
      { "homelab:postgress": { port: 5432 } },
      ["homelab:postgress", "is not a known key", "known here: topology, sshIdentity, postgres, "],
    ],
    [
      "an unknown key further in",
      { sharedBufers: "1GB" },
      nothing,
      {},
      ["homelab:postgres.sharedBufers", "is not a known key", "sharedBuffers"],
    ],
    [
      "an unknown key in the topology",
      {},
      (topology) => (topology.nods = {}),
      {},
      ["topology.yaml: nods", "is not a known key"],
    ],
    [
      "duplicate addresses",
      {},
      ({ nodes }) => (nodes.desktop = { ...nodes.desktop, address: "127.0.0.11" }),
      {},
      [
        "nodes.desktop.address",
        '"127.0.0.11"',
        "the address of storage too",
        "each node is a machine of its own",
      ],
    ],
    [
      "a missing host key",
      {},
      ({ nodes }) => delete nodes.storage?.hostKey,
      {},
      ["nodes.storage.hostKey", "is missing", "ssh-keyscan -t ed25519 ADDRESS"],
    ],
    [
      "a host key with a name before it",
      {},
      ({ nodes }) => (nodes.storage = { ...nodes.storage, hostKey: `storage ${key}` }),
      {},
      ["nodes.storage.hostKey", "must be a public key such as `ssh-ed25519 AAAA…`"],
    ],
    [
      "a name in the place of an address",
      {},
      ({ nodes }) => (nodes.storage = { ...nodes.storage, address: "storage.lan" }),
      {},
      ["nodes.storage.address", '"storage.lan"', "must be an IPv4 or IPv6 address"],
    ],
    [
      "storage on demand",
      {},
      ({ nodes }) => (nodes.storage = { ...nodes.storage, lifecycle: "on-demand" }),
      {},
      ["nodes.storage.lifecycle", '"on-demand"', "must be always-on"],
    ],
    [
      "a database owned by an unknown role",
      { databases: { dagster: { owner: "nobody" } } },
      nothing,
      {},
      ["homelab:postgres.databases.dagster.owner", '"nobody"', "must be one of", "agent, system, ksh3"],
    ],
    [
      "shared_buffers beyond memory",
      { sharedBuffers: "64GB" },
      nothing,
      {},
      ["homelab:postgres.sharedBuffers", '"64GB"', "must be at most 8GB", "half of storage's memory (16GB)"],
    ],
    [
      "a size without a unit",
      { workMem: "64" },
      nothing,
      {},
      ["homelab:postgres.workMem", '"64"', "must be a whole number with a unit, such as 512MB"],
    ],
    [
      "a name that is no identifier",
      { databases: { 'x"; DROP DATABASE dagster; --': { owner: "system" } } },
      nothing,
      {},
      ["homelab:postgres.databases", '"x"; DROP DATABASE dagster; --"', "must be an identifier"],
    ],
    [
      "a role that is no identifier",
      { roles: { "Agent Smith": {} }, databases: {} },
      nothing,
      {},
      ["homelab:postgres.roles", '"Agent Smith"', "must be an identifier"],
    ],
    [
      "a port taken twice",
      { port: 9000 },
      nothing,
      {},
      ["homelab:minio.apiPort", "9000", "homelab:postgres.port has this port already"],
    ],
    [
      "a key that is not there",
      {},
      nothing,
      { "homelab:sshIdentity": "/nowhere/id" },
      ["homelab:sshIdentity", '"/nowhere/id"', "must be the path of a private key"],
    ],
  ])("gets one sentence, and nothing is touched: %s", async (_what, postgres, change, others, said) => {
    knocks = 0;
    const { code, text } = await run("storage", postgres, change, others);
    expect(code).not.toBe(0);
    const shown = sentences(text);
    expect(shown, text).toHaveLength(1);
    for (const part of said) expect(shown[0]).toContain(part);
    expect(shown[0]).toMatch(/\.$/);
    expect(knocks).toBe(0);
    expect(text).not.toMatch(/^ \+ {2}(?!pulumi:pulumi:Stack)/m);
  });

  it("gets one sentence each when there is more than one mistake", async () => {
    const { text } = await run("storage", { port: 0, workMem: "x" }, nothing);
    expect(sentences(text).map((sentence) => sentence.split(" ")[0])).toEqual([
      "homelab:postgres.port",
      "homelab:postgres.workMem",
    ]);
  });

  it("is refused by up as well, before anything is touched", async () => {
    knocks = 0;
    const { code, text } = await run("storage", { sharedBuffers: "64GB" }, nothing, {}, "up");
    expect(code).not.toBe(0);
    expect(sentences(text)).toHaveLength(1);
    expect(knocks).toBe(0);
  });

  it("would be seen to touch a node: with good input, somebody knocks", async () => {
    knocks = 0;
    await run("storage", {}, nothing);
    expect(knocks).toBeGreaterThan(0);
  });
});
