import { beforeEach, expect, it, vi } from "vitest";
import { askMember, joinMesh, memberSchema, type SeenMember } from "../../../remote/mesh-member";
import type { Context } from "../../handler";
import { member } from "./member";

vi.mock("../../../remote/mesh-member", async (original) => ({
  ...(await original<typeof import("../../../remote/mesh-member")>()),
  askMember: vi.fn(),
  joinMesh: vi.fn(),
}));

const spec = memberSchema.parse({
  connection: { node: "compute", host: "192.0.2.13", port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
  ...{ container: "tailscale", stateFile: "/var/lib/homelab-tailscale/tailscaled.state" },
  ...{
    server: "",
    authKey: "tskey-of-a-test",
    hostname: "compute",
    tag: "tag:compute",
    address: "100.64.0.9",
  },
});
const seen = (address: string): SeenMember => ({
  ...{ backend: "Running", server: "https://controlplane.tailscale.com", tags: ["tag:compute"] },
  ...{ addresses: [address], hostname: "compute", more: [], identity: "e30=" },
});
const quiet = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const context: Context = { log: quiet, signal: new AbortController().signal };

beforeEach(() => {
  vi.mocked(askMember).mockReset();
});

it("ends an up where a node came out with another address than the topology has: what asks for it there would wait in vain", async () => {
  vi.mocked(askMember).mockResolvedValue(seen("100.64.0.3"));
  await expect(member.apply(spec, context, undefined, undefined)).rejects.toThrow(
    /100\.64\.0\.3.*nodes\.compute\.mesh/s,
  );
  expect(await member.drift(spec, context, {})).toEqual([expect.stringContaining("nodes.compute.mesh")]);
});

it("goes on where it has the one that was wanted", async () => {
  vi.mocked(askMember).mockResolvedValue(seen("100.64.0.9"));
  expect(await member.apply(spec, context, undefined, undefined)).toMatchObject({
    addresses: ["100.64.0.9"],
  });
  expect(await member.drift(spec, context, {})).toEqual([]);
  expect(joinMesh).not.toHaveBeenCalled();
});
