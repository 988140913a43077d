import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { certificateOf } from "./certificate";

describe("a certificate made of a password", () => {
  it("is the same for the same password and host, and another one for any other", () => {
    const one = certificateOf("a password", "192.0.2.1");
    expect(certificateOf("a password", "192.0.2.1")).toEqual(one);
    expect(certificateOf("another one", "192.0.2.1").key).not.toBe(one.key);
    expect(certificateOf("a password", "192.0.2.2").certificate).not.toBe(one.certificate);
  });

  it.each(["192.0.2.1", "mesh.example.org", "2001:db8::11", "::1", "2001:db8:0:0:1:2:3:4"])(
    "names %s and nobody else, and is signed by itself",
    (host) => {
      const read = new X509Certificate(certificateOf("a password", host).certificate);
      const matches = host.includes("mesh") ? read.checkHost(host) : read.checkIP(host);
      expect(matches).toBeDefined();
      expect(read.checkHost("example.com")).toBeUndefined();
      expect(read.checkIP("192.0.2.99")).toBeUndefined();
      expect(read.verify(read.publicKey)).toBe(true);
      expect(read.ca).toBe(true);
    },
  );

  it("is what a client trusts that was given it, and no other client", async () => {
    const { certificate, key } = certificateOf("a password", "127.0.0.1");
    const server = createServer({ cert: certificate, key }, (socket) => socket.end("hello"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const ask = (ca?: string) =>
      new Promise<string>((resolve) => {
        const socket = connect({ host: "127.0.0.1", port, ...(ca === undefined ? {} : { ca }) });
        socket.on("data", (data: Buffer) => {
          resolve(data.toString());
        });
        socket.on("error", (error: Error) => {
          resolve(error.message);
        });
      });
    expect(await ask(certificate)).toBe("hello");
    expect(await ask()).toMatch(/self-signed/);
    expect(await ask(certificateOf("another", "127.0.0.1").certificate)).not.toBe("hello");
    server.close();
  });
});
