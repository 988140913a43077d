import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { openFirst, reachable } from "./reachable";

/** Loopback has 16 million addresses: the second listens, and nobody on the first. */
const [lan, mesh] = ["127.0.0.76", "127.0.0.77"];
const server = createServer((socket) => socket.end());

describe("a machine", () => {
  afterAll(() => {
    server.close();
  });

  it("that does not answer by the LAN is reached by the mesh, and only then", async () => {
    server.listen(0, mesh);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const found = await openFirst({ host: lan, mesh, port });
    expect(found.remoteAddress).toBe(mesh);
    found.destroy();
    expect(await reachable(lan, port)).toBe(false);
    expect(await reachable(lan, port, mesh)).toBe(true);
    const first = await openFirst({ host: mesh, mesh: lan, port });
    expect(first.remoteAddress).toBe(mesh);
    first.destroy();
  });

  it("that answers nowhere is told of by its address on the LAN", async () => {
    const { port } = server.address() as AddressInfo;
    await expect(openFirst({ host: lan, mesh: "127.0.0.78", port })).rejects.toThrow(`${lan}:${port}`);
  });
});
