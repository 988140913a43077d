import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { notConnected, whyUnreachable } from "./unreachable";

const compute = { node: "compute", host: "127.0.0.79" };

/** A port on which nobody listens yet. */
async function port(): Promise<number> {
  const server = createServer().listen(0, compute.host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("a machine that accepts no connection", () => {
  const server = createServer((socket) => socket.end());
  afterEach(() => {
    server.close();
  });

  it("is waited for while it refuses: its sshd may be starting", async () => {
    const to = { ...compute, port: await port() };
    const answer = whyUnreachable(to);
    setTimeout(() => server.listen(to.port, to.host), 600);
    expect(await answer).toBeUndefined();
  });

  it("and refuses for good is told from one that is off", async () => {
    const to = { ...compute, port: await port() };
    const began = Date.now();
    expect((await whyUnreachable(to, 300))?.message).toContain(
      `compute (127.0.0.79, port ${to.port}) refuses connections: it is starting up,`,
    );
    expect(Date.now() - began).toBeGreaterThanOrEqual(300);
  });

  it.each([
    ["EHOSTUNREACH", "does not answer: it is off, or the network between is down."],
    ["ENETUNREACH", "cannot be asked from this computer (ENETUNREACH)."],
    ["EMFILE", "cannot be asked from this computer (EMFILE)."],
  ])("for %s is not called off where this computer is the reason", (code, says) => {
    const error = Object.assign(new Error("connect"), { code });
    expect(notConnected({ ...compute, port: 22 }, error).message).toBe(
      `compute (127.0.0.79, port 22) ${says}`,
    );
  });
});
