import { describe, expect, it } from "vitest";
import { parse, valuesOf } from "../../packages/quadlet";
import { house } from "../../power/testing";
import { loadSettings } from "../../settings";
import { declared, named } from "../testing";
import { TailscaleMesh } from ".";

const settings = loadSettings(
  "desktop",
  { "homelab:mesh": JSON.stringify({ enabled: true }) },
  { home: "/nowhere", exists: () => false },
).mesh;

/** tailscaled's unit on a node that has this address in the mesh. */
async function unitWith(mesh?: string) {
  const node = { ...house.nodes.desktop, ...(mesh === undefined ? {} : { mesh }) };
  const all = await declared(
    () => new TailscaleMesh("mesh", { node, topology: house, settings, ports: [], sshIdentity: undefined }),
  );
  return named(all, "mesh-tailscaled-unit").inputs as {
    files: { path: string; content: string }[];
    onRemoval: string[];
  };
}

async function startsWith(mesh?: string): Promise<string[]> {
  const { files } = await unitWith(mesh);
  const text = files.find(({ path }) => path.endsWith("/tailscale.container"))?.content ?? "";
  return valuesOf(parse(text), "Service", "ExecStartPre");
}

describe("tailscaled", () => {
  it("is given an interface that outlives it, with the node's address under a mask that is not its own", async () => {
    const made = [
      "-/usr/sbin/ip tuntap add dev tailscale0 mode tun vnet_hdr",
      "/usr/sbin/ip link set dev tailscale0 mtu 1280 up",
      "/usr/sbin/ip address flush dev tailscale0",
    ];
    expect(await startsWith()).toEqual(made);
    expect(await startsWith("100.64.0.2")).toEqual([
      ...made,
      "/usr/sbin/ip address replace 100.64.0.2/31 dev tailscale0 noprefixroute",
    ]);
    // What asks for an address before tailscaled is up does so in IPv4.
    expect(await startsWith("fd7a:115c:a1e0::2")).toEqual(made);
  });

  it("leaves no interface behind when the node leaves the mesh", async () => {
    expect((await unitWith()).onRemoval.join(" ")).toBe("/usr/sbin/ip tuntap del dev tailscale0 mode tun");
  });
});
