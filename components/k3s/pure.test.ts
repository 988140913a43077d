import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { serverUrl } from "./config";
import { clusterIdentifier, forClients } from "./kubeconfig";
import { nodePasswords } from "./node-password";
import { skew } from "./versions";

describe("the kubeconfig", () => {
  const text = (server: string) =>
    JSON.stringify({
      clusters: [{ name: "default", cluster: { server, "certificate-authority-data": "QUJD" } }],
      users: [{ user: { "client-key-data": "KEY" } }],
    });

  it("names the server's address for those elsewhere, and keeps the rest", () => {
    expect(parse(forClients(text("https://127.0.0.1:1"), "https://b:2"))).toEqual(
      JSON.parse(text("https://b:2")),
    );
  });

  it("is of the same cluster as long as the authority is the same", () => {
    expect(clusterIdentifier("A")).toBe(clusterIdentifier("A\n"));
    expect(clusterIdentifier("A")).not.toBe(clusterIdentifier("B"));
  });

  it("that cannot be read is no part of the sentence", () => {
    for (const broken of ["{", "clusters: []\nkey: THE-KEY", "THE-KEY"]) {
      expect(() => forClients(broken, "https://a:1")).toThrow(
        /^The kubeconfig that K3s wrote names no single cluster/,
      );
      expect(() => forClients(broken, "https://a:1")).toThrow(
        expect.not.stringContaining("THE-KEY") as string,
      );
    }
  });
});

describe("nodes' passwords", () => {
  it("are the same for the same cluster and node, and tell nothing of each other", () => {
    const first = nodePasswords("token", ["desktop", "compute"]);
    expect(nodePasswords("token", ["compute"]).compute).toBe(first.compute);
    expect(new Set([...Object.values(first), nodePasswords("other", ["compute"]).compute]).size).toBe(3);
    expect(first.compute).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe("versions", () => {
  it("let an agent join a server of its own version or up to three minor ones later", () => {
    expect(skew("v1.35.4+k3s1", "v1.35.4+k3s1")).toBeUndefined();
    expect(skew("v1.32.9+k3s1", "v1.35.4+k3s1")).toBeUndefined();
    expect(skew("v1.31.0+k3s1", "v1.35.4+k3s1")).toContain("three minor versions");
  });

  it("let no agent be ahead of its server: that is upgraded first", () => {
    for (const agent of ["v1.36.0+k3s1", "v1.35.10+k3s1", "v1.35.4+k3s2"]) {
      expect(skew(agent, "v1.35.4+k3s1")).toContain("run `pulumi up --stack storage`");
    }
  });

  it("never let two nodes each be ahead of the other", () => {
    const version = fc
      .tuple(fc.nat(3), fc.nat(12), fc.nat(3))
      .map(([a, b, c]) => `v1.${a + 33}.${b}+k3s${c}`);
    fc.assert(
      fc.property(version, version, (one, other) => {
        expect(skew(one, other) !== undefined && skew(other, one) !== undefined).toBe(false);
      }),
    );
  });
});

it("an IPv6 address stands in brackets in a URL", () => {
  expect(serverUrl("fd00::1", 6443)).toBe("https://[fd00::1]:6443");
});
