import { describe, expect, it } from "vitest";
import { portsOf } from "../../services";
import { loadSettings } from "../../settings";
import { house } from "../../power/testing";
import { nodeNames, type NodeName } from "../../topology";
import { policyPart, tagOf, wholePolicy, type PolicyPart } from "./policy";

const around = { home: "/nowhere", exists: () => false };
const on = { enabled: true };

function part(node: NodeName, keys: Record<string, object>, operators: string[] = []): PolicyPart {
  const all = Object.entries({ mesh: on, ...keys }).map(([key, value]) => [
    `homelab:${key}`,
    JSON.stringify(value),
  ]);
  const settings = loadSettings(node, Object.fromEntries(all) as Record<string, string>, around);
  return policyPart(house.nodes[node], portsOf(node, settings), operators);
}

/** Whether a policy lets a source reach a port: as the mesh reads it, without anything of how it was made. */
const lets = ({ grants }: PolicyPart, src: string, node: NodeName, ip: string) =>
  grants.some(
    (grant) =>
      (grant.src.includes(src) || grant.src.includes("*")) &&
      grant.dst.includes(tagOf(node)) &&
      grant.ip.includes(ip),
  );

describe("the mesh's policy", () => {
  const storage = part("storage", { metrics: on });
  const desktop = part("desktop", { nats: on, alerts: on, metrics: on }, ["ada@example.org"]);

  it("lets in whom a service names for its port, and nobody else", () => {
    for (const node of ["desktop", "compute"] as const) {
      expect(lets(storage, tagOf(node), "storage", "tcp:5432")).toBe(true);
      expect(lets(storage, tagOf(node), "storage", "tcp:9000")).toBe(true);
    }
    expect(lets(storage, "ada@example.org", "storage", "tcp:5432")).toBe(false);
    // Alertmanager's own port for its peer is storage's and desktop's alone.
    expect(lets(desktop, tagOf("storage"), "desktop", "tcp:9094")).toBe(true);
    expect(lets(desktop, tagOf("compute"), "desktop", "tcp:9094")).toBe(false);
    expect(lets(desktop, tagOf("storage"), "desktop", "udp:9094")).toBe(true);
    // The exporter is asked by storage.
    expect(lets(desktop, tagOf("compute"), "desktop", "tcp:9100")).toBe(false);
  });

  it("lets operators in where a port is theirs, and to SSH", () => {
    expect(lets(desktop, "ada@example.org", "desktop", "tcp:4222")).toBe(true);
    expect(lets(desktop, "ada@example.org", "desktop", "tcp:22")).toBe(true);
    expect(lets(desktop, "ada@example.org", "desktop", "tcp:9093")).toBe(false);
    expect(lets(desktop, "eve@example.org", "desktop", "tcp:4222")).toBe(false);
  });

  it("lets the cluster's nodes reach one another: kubelets, pods' packets and the API", () => {
    const k3s = { k3s: on };
    for (const to of nodeNames) {
      const cluster = part(to, k3s);
      for (const from of nodeNames.filter((name) => name !== to)) {
        expect(lets(cluster, tagOf(from), to, "tcp:10250")).toBe(true);
        expect(lets(cluster, tagOf(from), to, "udp:8472")).toBe(true);
        expect(lets(cluster, tagOf(from), to, "tcp:6443")).toBe(to === "storage");
      }
    }
  });

  it("lets desktop log in everywhere, and compute nowhere", () => {
    expect(lets(storage, tagOf("desktop"), "storage", "tcp:22")).toBe(true);
    expect(lets(storage, tagOf("compute"), "storage", "tcp:22")).toBe(false);
    expect(lets(part("compute", {}), tagOf("desktop"), "compute", "tcp:22")).toBe(true);
    expect(lets(part("compute", {}), tagOf("storage"), "compute", "tcp:22")).toBe(false);
  });

  it("says nothing of what carries the mesh itself", () => {
    const coordinating = part("storage", {
      headscale: { ...on, url: "https://192.0.2.1:8444" },
      mesh: { ...on, coordination: "headscale", url: "https://192.0.2.1:8444" },
    });
    const all = coordinating.grants.flatMap(({ ip }) => ip);
    expect(all).not.toContain("tcp:8444");
    expect(all.filter((ip) => ip.startsWith("udp:"))).toEqual([]);
  });

  it("names only the node's own tag as what is reached, so that each stack has its own part", () => {
    for (const node of nodeNames) {
      for (const { dst } of part(node, {}).grants) expect(dst).toEqual([tagOf(node)]);
    }
  });

  it("has tests that say of every TCP port and every other node whether it may, as the grants do", () => {
    for (const [node, one] of [
      ["storage", storage],
      ["desktop", desktop],
    ] as const) {
      const ports = new Set(
        ["tcp:22", ...one.grants.flatMap(({ ip }) => ip)].filter((ip) => ip.startsWith("tcp:")),
      );
      expect(one.tests.map(({ src }) => src).sort()).toEqual(
        nodeNames
          .filter((name) => name !== node)
          .map(tagOf)
          .sort(),
      );
      for (const { src, accept = [], deny = [] } of one.tests) {
        const asked = [...accept, ...deny].map((said) => `tcp:${said.split(":")[2] ?? ""}`);
        expect([...ports].filter((port) => !asked.includes(port))).toEqual([]);
        // Nobody's but the node's own: no grant, and refused to all others.
        if (node === "storage") expect(deny).toContain("tag:storage:9100");
        for (const said of accept) expect(lets(one, src, node, `tcp:${said.split(":")[2] ?? ""}`)).toBe(true);
        for (const said of deny) expect(lets(one, src, node, `tcp:${said.split(":")[2] ?? ""}`)).toBe(false);
      }
    }
  });

  it("is its parts side by side, with an owner for each tag", () => {
    const whole = wholePolicy([storage, desktop], "house@");
    expect(whole.grants).toEqual([...storage.grants, ...desktop.grants]);
    expect(whole.tagOwners).toEqual({
      "tag:storage": ["house@"],
      "tag:desktop": ["house@"],
      "tag:compute": ["house@"],
    });
  });
});
