import { describe, expect, it } from "vitest";
import { parseTopology, TopologyError } from "./load";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ4";
const good = `
nodes:
  storage: { address: 10.0.0.1, lifecycle: always-on, memory: 16GB, hostKey: ${key} }
  desktop: { address: 10.0.0.2, lifecycle: always-on, memory: 32GB, hostKey: ${key}, ssh: { user: ada } }
  compute: { address: "fd00::3", lifecycle: on-demand, memory: 64GB, hostKey: ${key}, ssh: { port: 2222 } }
storageClasses: { network: [nfs-client] }
operators: [10.0.0.9]
`;

function sentencesFor(change: (text: string) => string): readonly string[] {
  try {
    parseTopology(change(good), "topology.yaml");
  } catch (error) {
    if (error instanceof TopologyError) return error.sentences;
    throw error;
  }
  return [];
}

describe("the topology file", () => {
  it("gives three nodes with their sizes in bytes and the defaults filled in", () => {
    const topology = parseTopology(good, "topology.yaml");
    expect(topology.nodes.storage).toEqual({
      name: "storage",
      address: "10.0.0.1",
      lifecycle: "always-on",
      memoryBytes: 16 * 1024 ** 3,
      hostKey: key,
      ssh: { user: "root", port: 22 },
    });
    expect(topology.nodes.desktop.ssh).toEqual({ user: "ada", port: 22 });
    expect(topology.nodes.compute.ssh.port).toBe(2222);
    expect(topology.networkClasses).toEqual(["nfs-client"]);
    expect(topology.operators).toEqual(["10.0.0.9"]);
  });

  const cases: [string, (text: string) => string, RegExp][] = [
    ["an unknown key at the top", (t) => `${t}\nnotes: x`, /^notes is not a known key\.$/],
    [
      "an unknown key in a node",
      (t) => t.replace("memory: 16GB", "memory: 16GB, cpu: 4"),
      /^nodes\.storage\.cpu is not a known key\.$/,
    ],
    [
      "an unknown node",
      (t) => t.replace("storageClasses", "  tv: { address: 10.0.0.4 }\nstorageClasses"),
      /^nodes\.tv is not a known key\.$/,
    ],
    [
      "two nodes at one address",
      (t) => t.replace("10.0.0.2", "10.0.0.1"),
      /^nodes\.desktop\.address is "10\.0\.0\.1": it is the address of storage too/,
    ],
    [
      "a missing host key",
      (t) => t.replace(`memory: 16GB, hostKey: ${key}`, "memory: 16GB"),
      /^nodes\.storage\.hostKey is missing: run `ssh-keyscan/,
    ],
    [
      "a host key that is none",
      (t) => t.replace(key, "SHA256:abc"),
      /^nodes\.storage\.hostKey is "SHA256:abc": it must be a public key/,
    ],
    [
      "a name in the place of an address",
      (t) => t.replace("10.0.0.2", "desktop.local"),
      /^nodes\.desktop\.address is "desktop\.local": it must be an IPv4 or IPv6 address/,
    ],
    [
      "a lifecycle that is none",
      (t) => t.replace("on-demand", "sometimes"),
      /^nodes\.compute\.lifecycle is "sometimes": it must be one of always-on, on-demand\.$/,
    ],
    [
      "an on-demand storage node",
      (t) => t.replace("10.0.0.1, lifecycle: always-on", "10.0.0.1, lifecycle: on-demand"),
      /^nodes\.storage\.lifecycle is "on-demand": it must be always-on: storage keeps/,
    ],
    [
      "memory without a unit",
      (t) => t.replace("16GB", "16"),
      /^nodes\.storage\.memory is 16: it must be a whole number with a unit, such as 16GB/,
    ],
    [
      "memory in a unit that is none",
      (t) => t.replace("16GB", "16GiB"),
      /^nodes\.storage\.memory is "16GiB": it must be a whole number with a unit/,
    ],
    [
      "a port beyond the last",
      (t) => t.replace("2222", "70000"),
      /^nodes\.compute\.ssh\.port is 70000: it must be <=65535\.$/,
    ],
    [
      "a hardware address that is none",
      (t) => t.replace("ssh: { port: 2222 }", "mac: 02:4c:41:42:00"),
      /^nodes\.compute\.mac is "02:4c:41:42:00": it must be a hardware address such as 02:4c/,
    ],
    [
      "the hardware address of a group",
      (t) => t.replace("ssh: { port: 2222 }", "mac: ff:ff:ff:ff:ff:ff"),
      /^nodes\.compute\.mac is "ff:ff:ff:ff:ff:ff": it must be a hardware address/,
    ],
    [
      "one hardware address for two nodes, however it is written",
      (t) =>
        t
          .replace("ssh: { port: 2222 }", "mac: 02:4C:41:42:00:0D")
          .replace("ssh: { user: ada }", "mac: 02-4c-41-42-00-0d"),
      /^nodes\.compute\.mac is "02:4C:41:42:00:0D": it is the address of desktop too/,
    ],
    ["a missing node", (t) => t.replace(/ {2}desktop:.*\n/, ""), /^nodes\.desktop is missing\.$/],
    [
      "a key written twice",
      (t) => t.replace("operators", "storageClasses: {}\noperators"),
      /^is not valid YAML: Map keys must be unique/,
    ],
  ];
  it.each(cases)("refuses %s with one sentence", (_what, change, expected) => {
    const sentences = sentencesFor(change);
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(expected);
  });

  it("writes hardware addresses in one way", () => {
    const text = good.replace("ssh: { port: 2222 }", "mac: 02-4C-41-42-00-0D");
    const { nodes } = parseTopology(text, "topology.yaml");
    expect(nodes.compute.mac).toBe("02:4c:41:42:00:0d");
    expect(nodes.desktop).not.toHaveProperty("mac");
  });

  it("lists every mistake at once", () => {
    expect(sentencesFor((t) => t.replace("10.0.0.2", "x").replace("on-demand", "y"))).toHaveLength(2);
  });
});
