import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Unreachable } from "../packages/errors";
import { link, recentFailure } from "./ssh";

let folder: string;
let server: Server;
let asked = 0;
const to = (port: number) => ({
  ...{ node: "storage", host: "127.0.0.1", port, user: "root", hostKey: "ssh-ed25519 AAAA" },
  identity: join(folder, "id"),
});
const port = () => (server.address() as AddressInfo).port;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "homelab-ssh-"));
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(join(folder, "id"), privateKey.export({ type: "pkcs1", format: "pem" }));
  server = createServer((socket) => {
    asked += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe("a node that does not answer", () => {
  it("is asked once for all that want to know, and again after half a minute", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    for (let resource = 0; resource < 5; resource += 1)
      await expect(link(to(port()))).rejects.toThrow(Unreachable);
    expect(asked).toBe(1);
    expect(recentFailure(to(port()))).toBeInstanceOf(Unreachable);
    vi.advanceTimersByTime(30_000);
    expect(recentFailure(to(port()))).toBeUndefined();
    await expect(link(to(port()))).rejects.toThrow(Unreachable);
    expect(asked).toBe(2);
  });
});
