import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { house } from "../../power/testing";
import { nodeNames, type NodeName } from "../../topology";
import { policyOf } from "./policy";

const folder = mkdtempSync(join(tmpdir(), "homelab-mesh-policy-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const mesh = (more = "") =>
  `  homelab:mesh:\n    enabled: true\n    authKey:\n      secure: v1:AAAA:BBBB\n    operators: [ada@example.org]\n${more}`;
const files = (texts: Partial<Record<NodeName, string>>): string => {
  for (const node of nodeNames)
    writeFileSync(
      join(folder, `Pulumi.${node}.yaml`),
      `encryptionsalt: v1:x\nconfig:\n${texts[node] ?? "  homelab:topology: topology.yaml\n"}`,
    );
  return folder;
};

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
});
