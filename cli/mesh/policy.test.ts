import { describe, expect, it } from "vitest";
import { house } from "../../power/testing";
import type { NodeName } from "../../topology";
import { configurationIn, policyOf } from "./policy";

const mesh = (more = "") =>
  `  homelab:mesh:\n    enabled: true\n    authKey:\n      secure: v1:AAAA:BBBB\n    operators: [ada@example.org]\n${more}`;
const files = (texts: Partial<Record<NodeName, string>>) => (node: NodeName) =>
  `encryptionsalt: v1:x\nconfig:\n${texts[node] ?? "  homelab:topology: topology.yaml\n"}`;

describe("homelab mesh policy", () => {
  it("is made of the stack files, whatever of them is encrypted", () => {
    const { policy, members } = policyOf(
      house,
      files({ storage: mesh(), desktop: mesh("  homelab:nats:\n    enabled: true\n") }),
    );
    expect(members).toEqual(["storage", "desktop"]);
    expect(policy.grants).toContainEqual({
      src: ["tag:desktop", "tag:compute"],
      dst: ["tag:storage"],
      ip: expect.arrayContaining(["tcp:5432"]) as unknown,
    });
    const toDesktop = policy.grants.filter(({ dst }) => dst.includes("tag:desktop"));
    expect(toDesktop.some(({ src, ip }) => src.includes("ada@example.org") && ip.includes("tcp:4222"))).toBe(
      true,
    );
    expect(policy.grants.some(({ dst }) => dst.includes("tag:compute"))).toBe(false);
    expect(policy.tagOwners["tag:storage"]).toEqual(["autogroup:admin"]);
    expect(JSON.stringify(policy)).not.toContain("secret");
  });

  it("has no member when no stack's mesh is on", () => {
    expect(policyOf(house, files({})).members).toEqual([]);
  });

  it("takes a stack file without configuration, and lists and flags as the engine hands them over", () => {
    expect(configurationIn("")).toEqual({});
    expect(configurationIn("config:\n")).toEqual({});
    expect(configurationIn("config:\n  a:b: true\n  a:c: [1, { secure: x }]\n")).toEqual({
      "a:b": "true",
      "a:c": '[1,"https://secret.invalid"]',
    });
  });
});
