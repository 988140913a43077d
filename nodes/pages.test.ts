import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { declared, type Declared } from "../components/testing";
import { loadSettings } from "../settings";
import { connectionOf, loadTopology, nodeNames, type NodeName } from "../topology";
import { compute } from "./compute";
import { desktop } from "./desktop";
import type { StackContext } from "./run-stack";
import { storage } from "./storage";

const fixture = loadTopology(join(__dirname, "../tests/fixtures/topology.yaml"));
const topology = {
  ...fixture,
  nodes: { ...fixture.nodes, compute: { ...fixture.nodes.compute, mac: "02:4c:41:42:00:0d" } },
};
const on = { enabled: true };
const off = { enabled: false };
const fewest: Record<NodeName, object> = {
  storage: { backup: off },
  desktop: {},
  compute: {},
};
const logs = { ...on, engine: "victorialogs" };
const told = { metrics: on, logShipping: logs, alerts: { ...on, webhook: "https://example.org/hook" } };
const jobs = { ...on, file: join(__dirname, "../tests/fixtures/jobs.yaml") };
const url = "https://192.0.2.11:8444";
const member = { mesh: { ...on, coordination: "headscale", url } };
const image = "registry.example.org/worker:1.0.0";
const inCluster = { image, cluster: true, secretFiles: { dsn: "${dsn.agent.agent_gateway}" } };
const everything: Record<NodeName, object> = {
  storage: {
    ...{ ...member, headscale: { ...on, url } },
    ...{ ...told, prometheus: on, postgresExporter: on, logs },
    postgres: { replica: on },
    backup: { files: true, offNode: "desktop", paths: ["/home"] },
    ...{ objectStore: { beside: "seaweedfs" }, seaweedfs: { copy: "required" } },
    ...{ k3s: on, power: { ...on, wake: { compute: ["08:00"] } }, prefect: on, jobs },
    workloads: {
      web: { ...inCluster, ports: { http: { port: 8088 } }, keeps: { "/srv/homelab/web": "/data" } },
    },
  },
  desktop: {
    ...member,
    backup: { keepsOffNode: true, paths: ["/home"] },
    k3s: on,
    replica: on,
    seaweedfsCopy: on,
    nats: on,
    inference: {
      enabled: true,
      backends: { ollama: { service: "ollama" } },
      models: { chat: [{ backend: "ollama", model: "qwen3:0.6b" }] },
    },
    agents: {
      pools: {
        mail: { image: "registry.example.org/mail-agent:1.4.2", models: ["chat"] },
        code: { image: "registry.example.org/code-agent:1.4.2", cluster: true, replicas: 2 },
      },
    },
    jobs,
    ...{ grafana: on, postgresExporter: on },
    ...told,
    workloads: {
      worker: { image, environment: { DSN: "${dsn.agent.agent_gateway}" } },
      nightly: { ...inCluster, schedule: { at: "03:30" } },
    },
  },
  compute: {
    ...member,
    ...{ backup: { paths: ["/home"] }, k3s: on, power: { ...on, idleMinutes: 45 } },
    compute: { ...on, gpu: on, qdrant: on },
    ...{ metrics: on, logShipping: logs, jobs },
    workloads: { mail: { ...inCluster, replicas: 3, passwords: ["api"] } },
  },
};
const settings: Record<string, Record<NodeName, object>> = {
  "everything off": fewest,
  "the defaults": { storage: {}, desktop: {}, compute: {} },
  "everything on": everything,
};

/** What a stack declares, one resource a line, below its parent. */
function page(all: readonly Declared[]): string {
  const below = (parent: string, depth: number): string[] =>
    all
      .filter((one) => one.parent === parent && one.name !== parent)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((one) => [`${"  ".repeat(depth)}${one.name}  ${one.type}`, ...below(one.name, depth + 1)]);
  return `${below("", 0).join("\n")}\n`;
}

async function declaredBy(node: NodeName, keys: object): Promise<Declared[]> {
  const all = Object.entries(keys).map(([key, value]) => [`homelab:${key}`, JSON.stringify(value)]);
  const around = { home: "/nowhere", exists: () => false };
  const house = {
    topology,
    node: topology.nodes[node],
    settings: loadSettings(node, Object.fromEntries(all) as Record<string, string>, around),
    connection: connectionOf(topology.nodes[node], undefined),
  };
  const programs = { storage, desktop, compute } as Record<
    NodeName,
    (context: StackContext<never>) => unknown
  >;
  return declared(() => programs[node](house as StackContext<never>), {}, node);
}

/** Identities of the resources on a page, from the parents that it shows. */
function onPage(text: string): string[] {
  const chain: string[] = [];
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, indent = "", name = "", type = ""] = /^( *)(\S+) {2}(\S+)$/.exec(line) ?? [];
      chain.splice(indent.length / 2, chain.length, type);
      return `${chain.join("$")}::${name}`;
    });
}

/** Those of the version before that the engine would not find again: it would delete them, and create others. */
function lost(before: readonly string[], all: readonly Declared[]): string[] {
  const known = new Set(all.flatMap(({ identity, aliases }) => [identity, ...aliases]));
  return before.filter((one) => !known.has(one));
}

/**
 * The names are in people's states: one that changes without an alias replaces what it named, data included. So a change
 * of a page is one to think about.
 */
describe("the resources of a stack", () => {
  for (const node of nodeNames) {
    it.each(Object.keys(settings))(`${node} with %s are those of its page`, async (what) => {
      const found = page(await declaredBy(node, settings[what]?.[node] ?? {}));
      await expect(found).toMatchFileSnapshot(`pages/${node}-${what.replaceAll(" ", "-")}.txt`);
    });

    it(`${node} set the cluster up once the mesh's interface is there`, async () => {
      const all = await declaredBy(node, everything[node]);
      expect(all.find(({ name }) => name === "k3s-unit")?.dependsOn).toContain("mesh-tailscaled-unit");
    });

    it(`${node} are found again by the engine in a state of the version before, each by its name or an alias`, async () => {
      const before = onPage(readFileSync(join(__dirname, "pages/former", `${node}.txt`), "utf8"));
      expect(lost(before, await declaredBy(node, everything[node]))).toEqual([]);
    });

    it(`${node} have names that begin with their component's`, async () => {
      const all = await declaredBy(node, everything[node]);
      const strays = all.filter(({ name, parent }) => parent !== "" && !name.startsWith(parent));
      expect(strays.map(({ name }) => name)).toEqual([]);
    });
  }

  it("are lost when a child has another name or parent, and no alias for the former one", async () => {
    const now = await declaredBy("compute", everything.compute);
    const before = onPage(page(now));
    expect(lost(before, now)).toEqual([]);
    const [type, former] = ["kubernetes:core/v1:ConfigMap", "compute-dagster-instance"];
    const chain = `homelab:index:ComputeNode$homelab:index:PodService$${type}`;
    const renamed = now.map((one) =>
      one.name === former ? { ...one, identity: `${chain}::compute-dagster-settings` } : one,
    );
    expect(lost(before, renamed)).toEqual([`${chain}::${former}`]);
    const moved = now.map((one) => (one.name === former ? { ...one, identity: `${type}::${former}` } : one));
    expect(lost(before, moved)).toEqual([`${chain}::${former}`]);
  });
});
