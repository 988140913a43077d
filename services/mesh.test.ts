import { describe, expect, it } from "vitest";
import { findNode } from "../policies/engine/topology";
import { engineTopology } from "../policies/watch/topology";
import { loadSettings } from "../settings";
import { parseTopology, houseAddress, nodeNames, type NodeName } from "../topology";
import { clientsOf, portsOf, quadletsOn, serviceProblems, urlsOf } from ".";

const key = `ssh-ed25519 ${"A".repeat(64)}`;
const lan = { storage: "10.0.0.1", desktop: "10.0.0.2", compute: "10.0.0.3" };
const mesh = { storage: "100.64.0.1", desktop: "100.64.0.2", compute: "100.64.0.3" };
const houseWith = (members: readonly NodeName[], at: Readonly<Record<NodeName, string>> = mesh) =>
  parseTopology(
    `nodes:\n${nodeNames
      .map(
        (name) =>
          `  ${name}: { address: ${lan[name]}, lifecycle: ${name === "compute" ? "on-demand" : "always-on"}, memory: 16GB, hostKey: ${key}${members.includes(name) ? `, mesh: "${at[name]}"` : ""} }\n`,
      )
      .join("")}operators: [10.0.0.9]\n`,
    "topology.yaml",
  );
const on = { enabled: true };
const load = (node: NodeName, keys: Record<string, object>) =>
  loadSettings(
    node,
    Object.fromEntries(Object.entries(keys).map(([name, own]) => [`homelab:${name}`, JSON.stringify(own)])),
    { home: "/nowhere", exists: () => false },
  );

describe("the house's own traffic", () => {
  it("goes by the mesh once every node has an address there, and by the LAN until then", () => {
    const to = (members: readonly NodeName[]) => houseAddress(houseWith(members).nodes.storage);
    expect(to([])).toBe(lan.storage);
    expect(to(["storage", "desktop"])).toBe(lan.storage);
    expect(to(nodeNames)).toBe(mesh.storage);
  });

  it("of a node with itself does not wait for the mesh", () => {
    const { storage, desktop } = houseWith(nodeNames).nodes;
    expect(houseAddress(storage, storage)).toBe(lan.storage);
    expect(houseAddress(storage, desktop)).toBe(mesh.storage);
    const ports = portsOf("desktop", load("desktop", { nats: on }));
    expect(urlsOf(desktop, ports)).toEqual({ NATS_URL: `nats://${mesh.desktop}:4222` });
    expect(urlsOf(desktop, ports, desktop)).toEqual({ NATS_URL: `nats://${lan.desktop}:4222` });
  });

  it("is told by its mesh address to whatever runs on another node, and by the LAN's nowhere", () => {
    const topology = houseWith(nodeNames);
    const keys = {
      storage: { prometheus: { ...on, nodes: ["storage", "desktop"] }, metrics: on },
      desktop: { grafana: on, jobs: { ...on, server: "storage" } },
      compute: { jobs: { ...on, server: "storage" } },
    };
    for (const node of nodeNames) {
      const text = JSON.stringify(
        quadletsOn({ node: topology.nodes[node], topology }, load(node, keys[node])).map(({ run }) => run),
      );
      const others = nodeNames.filter((name) => name !== node).map((name) => `${lan[name]}:`);
      expect(
        others.filter((address) => text.includes(address)),
        node,
      ).toEqual([]);
    }
  });
});

describe("the cluster", () => {
  const said = (address: string, keys: object) => {
    const house = houseWith(nodeNames, { ...mesh, desktop: address });
    return serviceProblems(house.nodes.desktop, house, load("desktop", { mesh: on, ...keys }));
  };

  it("needs the node's IPv4 address in the mesh, and says so", () => {
    const [only, ...more] = said("fd7a:115c:a1e0::2", { k3s: on });
    expect(only).toMatch(
      /homelab:k3s\.enabled is true, and nodes\.desktop\.mesh of the topology is fd7a:115c:a1e0::2: .* IPv4 address/,
    );
    expect(more).toEqual([]);
    expect(said("fd7a:115c:a1e0::2", {})).toEqual([]);
    expect(said(mesh.desktop, { k3s: on })).toEqual([]);
  });
});

describe("the placement rule", () => {
  it("knows a node by its address in the mesh, too", () => {
    const known = engineTopology(houseWith(nodeNames));
    expect(findNode(known, mesh.compute)?.lifecycle).toBe("on-demand");
    expect(findNode(engineTopology(houseWith([])), mesh.compute)).toBeUndefined();
  });
});

describe("homelab:mesh.only", () => {
  const topology = houseWith(nodeNames);
  const settings = load("storage", {
    k3s: on,
    headscale: { ...on, url: "https://10.0.0.1:8444" },
    power: on,
  });
  const clients = (title: string, only: boolean, house = topology) => {
    const port = portsOf("storage", settings).find((one) => one.title === title);
    return port === undefined ? undefined : clientsOf(port, house, only);
  };

  it("closes on the LAN what goes by the mesh: to nodes, not to operators who have no other way", () => {
    expect(clients("PostgreSQL", false)).toEqual(Object.values(lan));
    expect(clients("PostgreSQL", true)).toEqual([]);
    expect(clients("MinIO S3 API", false)).toEqual([...Object.values(lan), "10.0.0.9"]);
    expect(clients("MinIO S3 API", true)).toEqual(["10.0.0.9"]);
  });

  it("closes the kubelet, which goes by the mesh as well", () => {
    expect(clients("kubelet", false)).toEqual(Object.values(lan));
    expect(clients("kubelet", true)).toEqual([]);
  });

  it("is not waited for by the pods' network, which believes an address: it is closed once it goes by the mesh", () => {
    expect(clients("pod network", false, houseWith(["storage", "desktop"]))).toEqual(Object.values(lan));
    expect(clients("pod network", false)).toEqual([]);
    expect(clients("pod network", true)).toEqual([]);
  });

  it("leaves what does not go by it: the mesh's own ports, the cluster's API, and the last words of a node", () => {
    expect(clients("headscale", true)).toBe("anyone");
    expect(clients("Kubernetes API", true)).toContain(lan.compute);
  });

  it.each<[string, readonly NodeName[], object, RegExp]>([
    [
      "a node has no address there",
      ["storage", "compute"],
      { ...on, only: true },
      /missing is nodes\.desktop\.mesh/,
    ],
    ["the node is no member", [], { only: true }, /homelab:mesh\.enabled must be true for it/],
    [
      "others come by the mesh to a node that left it",
      nodeNames,
      {},
      /must be true, because every node has an address/,
    ],
  ])("is refused where %s", (_what, members, own, sentence) => {
    const house = houseWith(members);
    const said = (keys: object) =>
      serviceProblems(house.nodes.desktop, house, load("desktop", { mesh: keys })).join(" ");
    expect(said(own)).toMatch(sentence);
  });

  it("and the mesh itself are fine where every node is a member", () => {
    const said = serviceProblems(
      topology.nodes.desktop,
      topology,
      load("desktop", { mesh: { ...on, only: true } }),
    );
    expect(said).toEqual([]);
  });
});
